/** The rounds: each contender in turn, alone on the machine, as often as the plan says. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idOf } from './contender.ts';
import type { Contender, Histories } from './contender.ts';
import type { Figures } from './figures.ts';
import { createGround, root } from './ground.ts';
import type { Ground } from './ground.ts';
import { inTurn } from './plan.ts';
import type { Plan } from './plan.ts';
import { prepare, versionsOf } from './prepare.ts';
import { thisMachine } from './results.ts';
import type { Results, Row } from './results.ts';
import { takeTurn } from './round.ts';
import { SETTINGS } from './settings.ts';
import { inDigits } from './statistics.ts';
import { sweep } from './sweep.ts';

export async function measure(
  contenders: readonly Contender[],
  plan: Plan,
  command: string,
): Promise<Results> {
  sweep();
  const machine = thisMachine();
  const prepared = await prepare(root, (line) => console.log(line));
  const rows: Row[] = [];
  const failures: string[] = [];
  const histories = new Map<string, Histories>();
  let ground: Ground | undefined;
  stopWhenAsked(() => ground?.leave());
  for (let round = 0; round < plan.repeats; round += 1) {
    for (const contender of inTurn(contenders, round)) {
      const { work, name } = contender;
      ground = createGround(join(directory, `${work}-${name}-${round}`), prepared);
      const turn = await takeTurn(contender, ground, plan).catch((error: unknown) => {
        // Hours of other turns stand all the same.
        failures.push(`round ${round + 1}, ${idOf(contender)}: ${String(error)}`);
        console.error(failures.at(-1));
        return undefined;
      });
      if (turn?.histories) histories.set(idOf(contender), turn.histories);
      for (const { cell, figures } of turn?.cells ?? []) {
        rows.push({ round, work, contender: name, cell, figures });
        console.log(`round ${round + 1}  ${idOf(contender)}, ${cell}: ${inBrief(figures)}`);
      }
    }
  }
  if (failures.length > 0) process.exitCode = 1;
  rmSync(directory, { recursive: true, force: true });
  return {
    date: new Date().toISOString(),
    command,
    machine,
    versions: versionsOf(root),
    settings: { ...SETTINGS, windows: inWords(plan) },
    contenders: contenders.map(({ work, name, title }) => {
      const found = histories.get(`${work}/${name}`);
      return { work, name, title, ...(found && { histories: found }) };
    }),
    cells: [...new Set(rows.map(({ cell }) => cell))],
    failures,
    rows,
  };
}

function inBrief({ ordersPerSecond, completionP50, cpuTotal, failed }: Figures): string {
  const [rate, p50, cpu] = [ordersPerSecond, completionP50, cpuTotal].map(inDigits);
  const wrong = failed === 0 ? '' : `, ${failed} not in time`;
  return `${rate} orders/s, p50 ${p50} ms, CPU ${cpu} ms an order${wrong}`;
}

const directory = join(tmpdir(), `makegood-bench-${process.pid}`);

function inWords({ repeats, warmUpSeconds, seconds }: Plan): string {
  return `${repeats} rounds in turns, ${seconds} s a load, after ${warmUpSeconds} s of warm-up`;
}

function stopWhenAsked(leave: () => Promise<void> | undefined): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      console.log(`${signal}: stopping everything`);
      void Promise.resolve(leave()).finally(() => {
        rmSync(directory, { recursive: true, force: true });
        process.exit(1);
      });
    });
  }
}
