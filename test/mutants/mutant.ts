/**
 * A mutant is the code with one rule taken out, to see that a suite notices: a test that cannot fail
 * proves nothing. Mutants are data, so that lists of them stay short and `npm run mutants` can try
 * them on a copy of the project.
 */
export interface Mutant {
  /** What is broken, as a sentence. */
  readonly name: string;
  /** From the project's root; also SQL, in the newest migration that defines the function. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly caughtBy: Suite;
}

/** A file of tests, all of them or those whose titles match; or a script with its arguments. */
export type Suite =
  { readonly mocha: string; readonly grep?: string } | { readonly npm: readonly string[] };
