/** A question that is asked once, however many checks want its answer. */

/** Takes the question; returns a function that asks it at its first call and repeats the answer at all later ones. */
export function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= ask());
}
