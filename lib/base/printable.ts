/**
 * Text that a terminal shows and does not obey. Names of files, tensors and columns, cells of tables and the environment may
 * have characters that move the cursor, set the title, hide text or turn its direction around.
 */

/** Controls other than tab and line feed, and the characters that set directions or hide: all shown by their numbers. */
const HARMFUL =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udfff]/g;

/** The longest message: what is longer loses its middle. */
const MOST = 16_384;
const END = 2048;

/** The same text with harmless characters in place of harmful ones: `\u001b` as seven characters. Lines stay. */
export function printable(text: string): string {
  return cutMiddle(text).replaceAll('\r\n', '\n').replaceAll(HARMFUL, escaped);
}

/** Text in one line, and of at most so many characters: a name. */
export function oneLine(text: string, most = 200): string {
  const short = text.length > most ? `${whole(text.slice(0, most))}…` : text;
  return short.replaceAll(/[\t\n]/g, escaped).replaceAll(HARMFUL, escaped);
}

/** JSON with harmful characters as JSON's own escapes: it means the same. */
export function printableJson(json: string): string {
  return json.replaceAll(HARMFUL, escaped);
}

function escaped(letters: string): string {
  let text = '';
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at] as string;
    const short = { '\t': '\\t', '\n': '\\n' }[letter];
    text += short ?? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  }
  return text;
}

function cutMiddle(text: string): string {
  if (text.length <= MOST) return text;
  const left = text.length - MOST;
  return `${whole(text.slice(0, MOST - END))}… (${left} characters) …${text.slice(-END)}`;
}

/** Without half a character at the end. */
function whole(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}
