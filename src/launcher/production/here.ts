/**
 * Where things are when there is no network of containers and no image: each name and port of
 * docker-compose.yml, and each path of the images, said as it is on this machine. All that differs
 * from what the compose file says is said here.
 */
import { Complaint } from '../complaint.ts';
import type { Ports } from '../ports.ts';
import type { Service } from './compose.ts';

/** Which variable tells a program each of its ports, or where they are, and the port in its container. */
export const LISTENERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  postgres: { PGPORT: 5432 },
  // Below 32,768: with PostgreSQL the server keeps them in a smallint.
  temporal: {
    FRONTEND_GRPC_PORT: 7233,
    FRONTEND_HTTP_PORT: 7243,
    FRONTEND_MEMBERSHIP_PORT: 6933,
    HISTORY_GRPC_PORT: 7234,
    HISTORY_MEMBERSHIP_PORT: 6934,
    MATCHING_GRPC_PORT: 7235,
    MATCHING_MEMBERSHIP_PORT: 6935,
    WORKER_GRPC_PORT: 7239,
    WORKER_MEMBERSHIP_PORT: 6939,
  },
  'temporal-ui': { TEMPORAL_UI_PORT: 8080 },
  api: { API_PORT: 3000, OPERATIONS_PORT: 3001 },
  worker: { WORKER_METRICS_ADDRESS: 9464 },
  gateway: { COUNTERPARTY_PORT: 3010 },
  carrier: { COUNTERPARTY_PORT: 3011 },
  mail: { COUNTERPARTY_PORT: 3012, COUNTERPARTY_SMTP_PORT: 3025 },
};

/** Variables that name a host, and those that hold its port. */
const POINTERS: Readonly<Record<string, string>> = {
  PGHOST: 'PGPORT',
  POSTGRES_SEEDS: 'DB_PORT',
  SQL_HOST: 'SQL_PORT',
};

export interface Here {
  /** A service's environment, for one of its replicas. */
  environmentOf(service: Service, replica: number): Record<string, string>;
  /** Any text: a command, or a value. */
  textOf(text: string): string;
  portOf(service: string, variable: string, replica?: number): number;
}

/** Paths of the images, and where they are here. */
export type Folders = Readonly<Record<string, string>>;

const HOST = '127.0.0.1';

export async function settleHere(
  services: readonly Service[],
  ports: Ports,
  folders: Folders,
): Promise<Here> {
  const taken = new Map<string, number>();
  const settled = services.flatMap((service) =>
    Array.from({ length: service.replicas }, (_, at) => [service, at + 1] as const),
  );
  for (const [service, replica] of settled) {
    for (const [variable, port] of Object.entries(LISTENERS[service.name] ?? {})) {
      const name = nameOf(service.name, variable, replica);
      const preferred = service.published.get(port) ?? port;
      taken.set(name, await ports.take({ variable: name, preferred }));
    }
  }
  const portOf = (service: string, variable: string, replica = 1): number => {
    const port = taken.get(nameOf(service, variable, replica));
    if (port === undefined) throw new Error(`Bug: ${service} has no ${variable}`);
    return port;
  };
  const addresses = services.flatMap(({ name }) =>
    Object.entries(LISTENERS[name] ?? {}).map(
      ([variable, port]) => [`${name}:${port}`, `${HOST}:${portOf(name, variable)}`] as const,
    ),
  );
  const words = [...addresses, ['0.0.0.0', HOST] as const, ...Object.entries(folders)];
  const textOf = (text: string): string =>
    words.reduce((said, [there, here]) => said.replaceAll(wordLike(there), () => here), text);

  return {
    textOf,
    portOf,
    environmentOf({ name, environment }, replica) {
      const said = Object.entries(environment).map(([variable, value]) => [
        variable,
        textOf(value),
      ]);
      const own = Object.keys(LISTENERS[name] ?? {}).map((variable) => [
        variable,
        `${variable.endsWith('_ADDRESS') ? `${HOST}:` : ''}${portOf(name, variable, replica)}`,
      ]);
      return {
        ...(Object.fromEntries(said) as Record<string, string>),
        ...pointed(environment, portOf),
        ...(Object.fromEntries(own) as Record<string, string>),
      };
    },
  };
}

function nameOf(service: string, variable: string, replica: number): string {
  return `${service}_${replica}_${variable}`.replaceAll('-', '_').toUpperCase();
}

/** As a whole: /app is not in /application, nor postgres:5432 in my-postgres:54321. */
function wordLike(text: string): RegExp {
  const literal = text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  return new RegExp(`(?<![\\w.-])${literal}(?![\\w-])`, 'g');
}

function pointed(
  environment: Readonly<Record<string, string>>,
  portOf: Here['portOf'],
): Record<string, string> {
  const found = Object.entries(POINTERS).filter(([host]) => environment[host] !== undefined);
  return Object.fromEntries(
    found.flatMap(([host, port]) => {
      const name = environment[host] ?? '';
      const [variable] = Object.keys(LISTENERS[name] ?? {});
      if (variable === undefined) throw new Complaint(`${host}=${name}: there is no such service`);
      return [
        [host, HOST],
        [port, String(portOf(name, variable))],
      ];
    }),
  );
}
