/** Restate: its server, and the service that runs the steps, on the Node that its SDK needs. */
import { join } from 'node:path';
import { freePort, listens } from '../../../src/launcher/ports.ts';
import { runTethered, untilReady } from '../../../src/launcher/processes.ts';
import type { Contender, Work } from '../contender.ts';
import { root } from '../ground.ts';
import type { Ground } from '../ground.ts';
import { ask } from '../http.ts';
import { openShop } from './shop.ts';

const JSON_BODY = { 'Content-Type': 'application/json' };

export function restate(work: Work): Contender {
  return {
    name: 'restate',
    title: 'Restate',
    work,
    async start(ground) {
      const shop = await openShop(ground, work);
      const { ingress, admin } = await startServer(ground);
      const service = await startService(ground, shop.env);
      await ask(`${admin}/deployments`, {
        headers: JSON_BODY,
        body: JSON.stringify({ uri: service }),
      });
      return {
        async place(id) {
          const headers = { ...JSON_BODY, 'Idempotency-Key': id };
          const answer = await ask(`${ingress}/checkout/place`, {
            headers,
            body: JSON.stringify(id),
          });
          if (JSON.parse(answer) !== id) throw new Error(`answered ${answer} instead of ${id}`);
        },
        completed: async () => [await countInvocations(admin), ...(await shop.completed())],
      };
    },
  };
}

// The commands that its documentation gives, with loopback addresses; see bench/README.md.
async function startServer(ground: Ground): Promise<{ ingress: string; admin: string }> {
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
  const at = (port: number) => `127.0.0.1:${port}`;
  const logFile = ground.logFile('restate');
  const running = runTethered({
    command: ground.prepared.peers.restateServer,
    args: ['--no-logo'],
    env: {
      ...process.env,
      ...RESTATE_SETTINGS,
      RESTATE_BASE_DIR: join(ground.directory, 'restate'),
      RESTATE_BIND_ADDRESS: at(node),
      RESTATE_INGRESS__BIND_ADDRESS: at(ingress),
      RESTATE_ADMIN__BIND_ADDRESS: at(admin),
    },
    cwd: ground.directory,
    logFile,
    stop: [{ signal: 'SIGTERM', withinMs: 4_000 }],
  });
  const isUp = async () =>
    (await listens(at(admin))) &&
    (await answers(`http://${at(admin)}/health`)) &&
    (await answers(`http://${at(ingress)}/restate/health`));
  await ground.keep('Restate', Promise.resolve(running));
  await untilReady({ name: 'Restate', running, logFile, ready: isUp });
  return { ingress: `http://${at(ingress)}`, admin: `http://${at(admin)}` };
}

const RESTATE_SETTINGS = {
  RESTATE_LISTEN_MODE: 'tcp',
  RESTATE_LOG_FILTER: 'warn',
  RESTATE_DISABLE_TELEMETRY: 'true',
  RESTATE_DEFAULT_NUM_PARTITIONS: '4',
};

async function answers(url: string): Promise<boolean> {
  return await ask(url, { method: 'GET' }).then(
    () => true,
    () => false,
  );
}

async function startService(ground: Ground, env: NodeJS.ProcessEnv): Promise<string> {
  const port = await freePort();
  const { directory, node22 } = ground.prepared.peers;
  const logFile = ground.logFile('service');
  const running = runTethered({
    command: node22,
    args: ['--import', 'tsx', join(directory, 'restate.ts')],
    env: { ...process.env, ...env, BENCH_PORT: String(port), NODE_ENV: 'production' },
    cwd: root,
    logFile,
    stop: [{ signal: 'SIGTERM', withinMs: 4_000 }],
  });
  await ground.keep('service', Promise.resolve(running));
  const ready = () => listens(`127.0.0.1:${port}`);
  await untilReady({ name: 'the Restate service', running, logFile, ready });
  return `http://127.0.0.1:${port}`;
}

async function countInvocations(admin: string): Promise<number> {
  const query = `SELECT count(*) AS n FROM sys_invocation
    WHERE status = 'completed' AND completion_result = 'success'`;
  const headers = { ...JSON_BODY, Accept: 'application/json' };
  const answer = await ask(`${admin}/query`, { headers, body: JSON.stringify({ query }) });
  return (JSON.parse(answer) as { rows: { n: number }[] }).rows[0]?.n ?? 0;
}
