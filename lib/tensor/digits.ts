/**
 * Sums and products of sizes, for types that compute shapes: digit by digit, so that large sizes cost no more than
 * small ones. The result is `number` if an operand is not a literal.
 */

/** The digits of a number, the last one first. */
type Digits<N extends number> = `${N}` extends `${infer Text}` ? Reverse<Text> : never;
type Reverse<Text extends string, Done extends number[] = []> = Text extends `${infer D extends number}${infer Rest}`
  ? Reverse<Rest, [D, ...Done]>
  : Done;

/** The number with these digits, the last one first. */
type Value<D extends readonly number[]> = Text<D> extends `${infer N extends number}` ? N : number;
/** Without leading zeros. */
type Text<D extends readonly number[], Done extends string = ''> = D extends readonly [
  infer First extends number,
  ...infer Rest extends number[],
]
  ? Text<Rest, `${First}${Done}`>
  : Trim<Done>;
type Trim<T extends string> = T extends `0${infer Rest}` ? (Rest extends '' ? '0' : Trim<Rest>) : T;

/** `Count<N>` has N items. */
type Counts = [
  [],
  [0],
  [0, 0],
  [0, 0, 0],
  [0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0, 0],
];
type Count<N extends number> = N extends keyof Counts ? (Counts[N] extends 0[] ? Counts[N] : []) : [];

/** Two digits of a number below 100: its ones and its tens. */
type Split<N> = N extends number
  ? `${N}` extends `${infer Tens extends number}${infer Ones extends number}`
    ? [Ones, Tens]
    : [N, 0]
  : never;

type AddDigits<
  A extends readonly number[],
  B extends readonly number[],
  Carry extends number = 0,
> = A extends readonly [infer X extends number, ...infer RestA extends number[]]
  ? B extends readonly [infer Y extends number, ...infer RestB extends number[]]
    ? Split<Sum<X, Y, Carry>> extends [infer Ones extends number, infer Tens extends number]
      ? [Ones, ...AddDigits<RestA, RestB, Tens>]
      : never
    : Carry extends 0
      ? A
      : AddDigits<A, [0], Carry>
  : B extends readonly []
    ? Carry extends 0
      ? []
      : [Carry]
    : Carry extends 0
      ? B
      : AddDigits<[0], B, Carry>;
type Sum<X extends number, Y extends number, Carry extends number> = [
  ...Count<X>,
  ...Count<Y>,
  ...Count<Carry>,
]['length'];

/** X times Y plus the carry, by adding X up Y times. */
type Times<X extends 0[], Y extends 0[], Done extends 0[]> = Y extends [0, ...infer Rest extends 0[]]
  ? Times<X, Rest, [...Done, ...X]>
  : Done['length'];
type MultiplyByDigit<A extends readonly number[], Y extends number, Carry extends number = 0> = A extends readonly [
  infer X extends number,
  ...infer Rest extends number[],
]
  ? Split<Times<Count<X>, Count<Y>, Count<Carry>>> extends [infer Ones extends number, infer Tens extends number]
    ? [Ones, ...MultiplyByDigit<Rest, Y, Tens>]
    : never
  : Carry extends 0
    ? []
    : [Carry];
type MultiplyDigits<A extends readonly number[], B extends readonly number[]> = B extends readonly [
  infer Y extends number,
  ...infer Rest extends number[],
]
  ? AddDigits<MultiplyByDigit<A, Y>, Rest extends [] ? [] : [0, ...MultiplyDigits<A, Rest>]>
  : [];

/** The sum of two sizes. */
export type Add<A extends number, B extends number> = number extends A | B
  ? number
  : [A] extends [0]
    ? B
    : Value<AddDigits<Digits<A>, Digits<B>>>;

/** The product of two sizes. */
export type Multiply<A extends number, B extends number> = [A] extends [0]
  ? 0
  : [B] extends [0]
    ? 0
    : number extends A | B
      ? number
      : [A] extends [1]
        ? B
        : [B] extends [1]
          ? A
          : Value<MultiplyDigits<Digits<A>, Digits<B>>>;

/** The product of the sizes of a shape. */
export type Product<S extends readonly number[], Done extends number = 1> = S extends readonly [
  infer First extends number,
  ...infer Rest extends readonly number[],
]
  ? Product<Rest, Multiply<Done, First>>
  : Done;
