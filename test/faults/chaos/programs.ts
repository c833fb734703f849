/** Our own programs as parts of a run. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { startProgram } from '../../../src/launcher/programs.ts';
import { createPart } from './part.ts';
import type { Part } from './part.ts';
import { FIRST_PORT } from './servers.ts';
import type { Setting } from './servers.ts';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

export function programPart(
  { logs, say }: Setting,
  program: {
    readonly name: string;
    readonly file: string;
    readonly args?: readonly string[];
    readonly env: NodeJS.ProcessEnv;
    readonly ready: z.ZodType;
    /** What it has to be told at every start. */
    readonly tell?: () => Promise<void>;
  },
): Part {
  const { tell = () => Promise.resolve(), ...rest } = program;
  const logFile = join(logs, `${program.name}.log`);
  const start = async () => {
    const running = await startProgram({ ...rest, root, logFile });
    await tell();
    return running;
  };
  return createPart(program.name, start, say);
}

/** One for each name, kept for the whole run. */
export function takePorts(
  { ports }: Setting,
  use: string,
  names: readonly string[],
): Promise<readonly number[]> {
  const take = (name: string) => ports.take({ variable: `${use}_${name}`, preferred: FIRST_PORT });
  return Promise.all(names.map(take));
}
