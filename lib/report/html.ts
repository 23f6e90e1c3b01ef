/** HTML made only by the templates of this program. Every value in a template is escaped. */

/** A piece of HTML. Only {@link html} and {@link join} make one. */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** The HTML itself. */
  toString(): string {
    return this.#text;
  }

  static readonly make = (strings: readonly string[], values: readonly Value[]): Html => {
    let text = strings[0] as string;
    for (const [index, value] of values.entries()) text += Html.#written(value) + (strings[index + 1] as string);
    return new Html(text);
  };

  static readonly join = (pieces: readonly Html[], between: string): Html => {
    return new Html(pieces.map((piece) => Html.#written(piece)).join(escape(between)));
  };

  static #written(value: Value): string {
    if (Array.isArray(value)) return value.map((piece) => Html.#written(piece as Value)).join('');
    // Checked by its private field, which no object from a file can have.
    return typeof value === 'object' && #text in value ? value.#text : escape(String(value));
  }
}

/** The values of a template: text and numbers, which are escaped, and pieces of HTML, which are not. */
export type Value = string | number | Html | readonly Html[];

/** A piece of HTML. Its values are escaped, for text and for quoted attributes. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return Html.make(strings, values);
}

/** Pieces joined by text. */
export function join(pieces: readonly Html[], between = '\n'): Html {
  return Html.join(pieces, between);
}

/** No HTML at all. */
export const NOTHING: Html = html``;

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
