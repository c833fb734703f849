/**
 * The desk that every failpoint of the processes under test asks what to do: so a test decides at
 * each crossing, knows which were reached, and holds a process where it wants it. What it has
 * planned and nobody met is told in the end: a failpoint that never struck proves nothing.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { until } from '../wait.ts';
import type { Crossing, Verdict } from './crossing.ts';

/** What to do at one crossing; undefined for any other, and then the next plan is asked. */
export type Plan = (crossing: Crossing) => Promise<Answer | undefined> | Answer | undefined;
type Answer = Verdict | 'hold';

export async function openDesk() {
  const plans: Plan[] = [];
  const crossed: Crossing[] = [];
  const held = new Map<Crossing, ServerResponse>();
  const reply = (response: ServerResponse, verdict: Verdict) =>
    response.end(JSON.stringify(verdict));
  const decide = async (crossing: Crossing): Promise<Answer> => {
    for (const plan of plans) {
      const answer = await plan(crossing);
      if (answer !== undefined) return answer;
    }
    return 'go';
  };
  const server = createServer((request, response) => {
    void (async () => {
      const crossing = JSON.parse(await text(request)) as Crossing;
      crossed.push(crossing);
      const answer = await decide(crossing);
      if (answer === 'hold') held.set(crossing, response);
      else reply(response, answer);
    })();
  });
  // Nobody who is held has to be answered in time.
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const isHeld = (of: (crossing: Crossing) => boolean) => [...held.keys()].some(of);

  return {
    /** What a process needs in its environment to have failpoints, and to ask here. */
    settings: {
      FAILPOINTS_URL: `http://127.0.0.1:${port}`,
      NODE_OPTIONS: `--import tsx --import ${fileURLToPath(new URL('register.mjs', import.meta.url))}`,
    },
    /** Asked before the plans that there are. */
    plan: (plan: Plan) => void plans.unshift(plan),
    crossed: crossed as readonly Crossing[],
    held: () => [...held.keys()],
    /** Waits until somebody is held there. */
    reached: (of: (crossing: Crossing) => boolean) => until(() => isHeld(of), 60_000),
    /** Lets go of who is held there. */
    release(of: (crossing: Crossing) => boolean, verdict: Verdict = 'go') {
      for (const [crossing, response] of held) {
        if (!of(crossing)) continue;
        held.delete(crossing);
        reply(response, verdict);
      }
    },
    /** Those who were held and are dead wait no longer. */
    forget: (pid: number) => {
      for (const crossing of held.keys()) if (crossing.pid === pid) held.delete(crossing);
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
