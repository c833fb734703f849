/** A failpoint as the process under test has it: it says where it is, and does what it is told. */
import { Unavailable } from '../../../src/domain/wrong.ts';

/** One way through a failpoint. */
export interface Crossing {
  /** `sendRefund`, `placeOrder`: what is being done; and for which order, by its request's ID. */
  readonly act: string;
  readonly orderId: string;
  readonly requestId: string;
  /** `begin`, `end`, or a call that leaves the process: `before gateway.refundIntent`. */
  readonly at: string;
  /** Where it is an activity: whether it is tried within a workflow task, and the how many-eth time. */
  readonly isLocal: boolean;
  readonly attempt: number;
  readonly pid: number;
}

/**
 * `kill` and `stop`: the process ends, or freezes, by a signal to itself. `fail`: what is being done
 * fails here. Whoever is not answered waits.
 */
export type Verdict = 'go' | 'kill' | 'stop' | 'fail';

export async function cross(crossing: Omit<Crossing, 'pid'>): Promise<void> {
  const { pid } = process;
  const verdict = await ask({ ...crossing, pid });
  if (verdict === 'kill') process.kill(pid, 'SIGKILL');
  if (verdict === 'stop') process.kill(pid, 'SIGSTOP');
  if (verdict === 'fail') throw new Unavailable(`failed at the failpoint ${crossing.at}`);
}

const desk = process.env['FAILPOINTS_URL'] ?? '';

async function ask(crossing: Crossing): Promise<Verdict> {
  const answer = await fetch(desk, { method: 'POST', body: JSON.stringify(crossing) });
  return (await answer.json()) as Verdict;
}
