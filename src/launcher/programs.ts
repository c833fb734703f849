/** Our own programs as the launcher runs them: each says over its channel when it is ready. */
import { join } from 'node:path';
import { z } from 'zod';
import { runNode, untilReady } from './processes.ts';
import type { NodeChild, Running } from './processes.ts';

/** Starts one and waits for what it says of itself when it is ready. */
export async function startProgram<Ready extends z.ZodType>(program: {
  readonly name: string;
  readonly root: string;
  /** Relative to src/. */
  readonly file: string;
  readonly args?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly ready: Ready;
  readonly logFile: string;
}): Promise<Running & z.infer<Ready>> {
  const { env, args = [], logFile } = program;
  const inSource = (name: string) => join(program.root, 'src', name);
  const file = inSource(program.file);
  const first = (FIRST[program.file] ?? []).map(inSource);
  return onceReady(program, runNode({ file, first, args, env, logFile }));
}

/** What is loaded before a main, as production does (docker-compose.yml). */
const FIRST: Readonly<Record<string, readonly string[]>> = { 'worker.ts': ['workflow-thread.mjs'] };

/** What it says of itself when it is ready, added to it. */
export async function onceReady<Ready extends z.ZodType>(
  program: { readonly name: string; readonly ready: Ready; readonly logFile: string },
  running: NodeChild,
): Promise<Running & z.infer<Ready>> {
  const { name, logFile } = program;
  let said: z.infer<Ready> | undefined;
  running.onMessage((message) => {
    const parsed = program.ready.safeParse(message);
    if (parsed.success) said ??= parsed.data;
  });
  await untilReady({ name, running, logFile, ready: () => said !== undefined });
  return Object.assign(running, said);
}

export const isReady = z.object({ ready: z.literal(true) });
export const standInReady = isReady.extend({ url: z.string(), smtpUrl: z.string().optional() });
export const apiReady = isReady.extend({ url: z.string(), operationsUrl: z.string() });
