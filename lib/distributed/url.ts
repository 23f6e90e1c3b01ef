/** URLs as they are shown to people. */

/** A URL without what lets others in: its user, password, query and fragment. */
export function withoutCredentials(url: URL): string {
  const shown = new URL(url);
  [shown.username, shown.password, shown.search, shown.hash] = ['', '', '', ''];
  return shown.href;
}
