/** URLs whose user, password and query are secret. */

/** A URL as it is shown to people: without its user, password, query and fragment. */
export function nameOfURL(url: URL): string {
  const shown = new URL(url);
  [shown.username, shown.password, shown.search, shown.hash] = ['', '', '', ''];
  return shown.href;
}

/** The header that says the user and the password of a URL, which `fetch` refuses in the URL itself. */
export function basicAuthorization({ username, password }: URL): string {
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`;
}

/** Decodes `%20` and the like; invalid encoding is left as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
