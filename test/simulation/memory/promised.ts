/** Runs to its end at once, as whatever is in memory can, and promises what came of it. */
export function promised<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
