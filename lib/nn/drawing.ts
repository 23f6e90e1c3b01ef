/** Whether first values are drawn. */
let drawing = true;

/** Runs `fn`, in which nothing is drawn: for layers whose values are put in afterwards. */
export function withoutDrawing<T>(fn: () => T): T {
  const before = drawing;
  drawing = false;
  try {
    return fn();
  } finally {
    drawing = before;
  }
}

/** Whether first values are to be drawn now. */
export function isDrawing(): boolean {
  return drawing;
}
