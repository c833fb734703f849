/**
 * docker-compose.yml as a list of services, its anchors and variables resolved. It takes only what
 * the production stack can do without an engine: a key that it does not know is a complaint, so
 * that nothing in the file is silently left out.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { Complaint } from '../complaint.ts';

export interface Service {
  readonly name: string;
  readonly image: string;
  /** Entrypoint and command in one, as the engine would run them; empty: the image's own. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly after: readonly string[];
  /** Whether it is done once it has ended well; else it is kept alive. */
  readonly isJob: boolean;
  readonly replicas: number;
  /** Where its ports are published: container port → first port on the host. */
  readonly published: ReadonlyMap<number, number>;
  readonly stopGraceMs: number;
}

/** The services of the profiles given, and those of none. */
export function readCompose(
  file: string,
  profiles: readonly string[],
  variables: NodeJS.ProcessEnv,
): readonly Service[] {
  const document: unknown = parse(readFileSync(file, 'utf8'), { merge: true });
  const { services } = z.object({ services: z.record(z.string(), profiled) }).parse(document);
  return Object.entries(services)
    .filter(
      ([, each]) => each.profiles.length === 0 || profiles.some((p) => each.profiles.includes(p)),
    )
    .map(([name, each]) => readService(name, interpolated(each, variables), variables));
}

const profiled = z.looseObject({ profiles: z.array(z.string()).default([]) });

const strings = z.array(z.string());

const shape = z.strictObject({
  image: z.string(),
  entrypoint: strings.default([]),
  command: strings.default([]),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({
        condition: z.enum(['service_healthy', 'service_completed_successfully']),
      }),
    )
    .default({}),
  restart: z.enum(['unless-stopped', 'on-failure']),
  deploy: z.strictObject({ replicas: z.int().min(1) }).default({ replicas: 1 }),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+(-\d+)?:\d+$/)).default([]),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .default('10s'),
  // An engine's ways to build, to probe and to keep; here programs.ts and the state folder do that.
  build: z.unknown().optional(),
  healthcheck: z.unknown().optional(),
  init: z.unknown().optional(),
  volumes: z.unknown().optional(),
  profiles: z.unknown().optional(),
});

function readService(name: string, raw: unknown, variables: NodeJS.ProcessEnv): Service {
  const parsed = shape.safeParse(raw);
  if (!parsed.success) {
    throw new Complaint(
      `docker-compose.yml: the production stack cannot run ${name} as it stands:\n` +
        z.prettifyError(parsed.error),
    );
  }
  const { image, entrypoint, command, environment, restart, deploy, ports } = parsed.data;
  return {
    name,
    image,
    command: [...entrypoint, ...command],
    environment: passedOn(environment, variables),
    after: Object.keys(parsed.data.depends_on),
    isJob: restart === 'on-failure',
    replicas: deploy.replicas,
    published: new Map(
      ports.map((port) => {
        const [, host = '', container = ''] = port.split(':');
        return [Number(container), Number.parseInt(host, 10)];
      }),
    ),
    stopGraceMs: Number.parseInt(parsed.data.stop_grace_period, 10) * 1_000,
  };
}

/** A variable without a value has the one it has outside, if it is set there. */
function passedOn(
  environment: Readonly<Record<string, string | null>>,
  variables: NodeJS.ProcessEnv,
): Record<string, string> {
  const set = Object.entries(environment).map(
    ([name, value]) => [name, value ?? variables[name]] as const,
  );
  return Object.fromEntries(
    set.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function interpolated(value: unknown, variables: NodeJS.ProcessEnv): unknown {
  if (typeof value === 'string') return interpolate(value, variables);
  if (Array.isArray(value)) return value.map((each: unknown) => interpolated(each, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, interpolated(each, variables)]),
  );
}

/** `$$`, `${NAME}`, and with a word for when it is unset (`-`, `?`) or empty as well (`:-`, `:?`). */
const REFERENCE = /\$(?:\$|\{(\w+)(?:(:?)([-?])([^}]*))?\})/g;

function interpolate(text: string, variables: NodeJS.ProcessEnv): string {
  return text.replace(
    REFERENCE,
    (all, name?: string, orEmpty?: string, otherwise?: string, word?: string) => {
      if (name === undefined) return '$';
      const value = variables[name];
      if (value !== undefined && !(orEmpty === ':' && value === '')) return value;
      if (otherwise === '?') throw new Complaint(`${name} is not set: ${word ?? ''}`);
      return otherwise === '-' ? (word ?? '') : all;
    },
  );
}
