/** The proxies between those who speak to each other. */
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import type { APIS, LinkName, PartyName } from './acts.ts';

type Target = (typeof APIS)[number] | PartyName | 'postgres' | 'temporal';

/** What `api-1>postgres` ends at, as a URL; SMTP for the mail, Temporal's with a scheme. */
export type Targets = Readonly<Record<Target, string>>;

/** Those that are open are in `proxies`, also where one of them could not be opened. */
export async function openLinks<Name extends LinkName>(
  names: readonly Name[],
  targets: Partial<Targets>,
  proxies: TcpProxy[],
): Promise<Readonly<Record<Name, TcpProxy>>> {
  const links: [Name, TcpProxy][] = [];
  for (const name of names) {
    const { hostname: host, port } = new URL(targets[name.split('>')[1] as Target] ?? '');
    const proxy = await startTcpProxy({ host, port: Number(port) });
    proxies.push(proxy);
    links.push([name, proxy]);
  }
  return Object.fromEntries(links) as Record<Name, TcpProxy>;
}
