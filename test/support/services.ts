/** What the global fixture has to give. The first test that asks waits for the start, later ones do not. */
export interface Services {
  readonly postgres: {
    /** The maintenance database, as the application's role. */
    readonly url: string;
    readonly adminUrl: string;
    /** A database with all migrations, to copy. */
    readonly template: string;
  };
  readonly temporal: {
    readonly address: string;
    readonly uiUrl: string;
    /** The `temporal` command, for what operators do with it. */
    readonly binary: string;
  };
  /** The prebuilt workflows, for `workflowBundle: { codePath: file }`. */
  readonly bundle: { readonly file: string };
}

export async function service<Name extends keyof Services>(name: Name): Promise<Services[Name]> {
  const base = process.env['MAKEGOOD_TEST_SERVICES'];
  if (base === undefined) {
    throw new Error(
      'the global fixture did not run: start mocha with --require test/support/global.ts',
    );
  }
  const answer = await fetch(`${base}/${name}`);
  if (!answer.ok) throw new Error(`${name} could not be started: ${await answer.text()}`);
  return (await answer.json()) as Services[Name];
}
