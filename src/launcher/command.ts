/** Runs a command of the terminal: what a person can put right is one clear line and exit code 1. */
import { codeOf, Complaint } from './complaint.ts';

export async function runCommand(usage: string, command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    console.error(lineFor(error, usage));
    process.exitCode = 1;
  }
}

function lineFor(error: unknown, usage: string): string {
  if (error instanceof Complaint) return error.message;
  const code = codeOf(error) ?? '';
  if (code.startsWith('ERR_PARSE_ARGS')) return `${(error as Error).message}\n${usage}`;
  if (code === 'ECONNREFUSED') return 'the database does not answer: is makegood running?';
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
