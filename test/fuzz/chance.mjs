// Random numbers that a seed repeats.

/** `random()` in [0, 1), and what is drawn with it. */
export function chances(seed) {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(random() * count);
  return { random, below, pick: (list) => list[below(list.length)], chance: (part) => random() < part };
}
