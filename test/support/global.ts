/**
 * Mocha's global fixture: one PostgreSQL, one Temporal and one workflow bundle for a whole run,
 * each started when the first test asks for it, so that a run that needs none pays for none. Test
 * files run in processes of their own; they ask over loopback HTTP, by `services.ts`.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startServices } from './run.ts';

let stop: () => Promise<void> = () => Promise.resolve();

export async function mochaGlobalSetup(): Promise<void> {
  const services = startServices();
  const server = createServer((request, response) => {
    const name = request.url?.slice(1) ?? '';
    services.get(name).then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  // Mocha hands its environment to the processes of --parallel when it starts them, after this.
  process.env['MAKEGOOD_TEST_SERVICES'] = `http://127.0.0.1:${port}`;
  stop = async () => {
    server.close();
    await services.stop();
  };
}

export async function mochaGlobalTeardown(): Promise<void> {
  await stop();
}
