/** Prometheus on the repository's own rules, and its text format as a test reads it. */
import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../src/launcher/places.ts';
import { freePort } from '../../src/launcher/ports.ts';
import { runTethered, untilReady } from '../../src/launcher/processes.ts';
import { prometheusProgram } from '../../src/launcher/prometheus.ts';
import type { PrometheusProgram } from '../../src/launcher/prometheus.ts';

const run = promisify(execFile);

export const FOLDER = fileURLToPath(new URL('../../observability/prometheus', import.meta.url));

const program = (name: PrometheusProgram) =>
  prometheusProgram(name, cacheDirectory(process.env), process.env);

/** Configuration and rules are valid, and every test of the rules passes; throws with what is wrong. */
export async function checkAlerts(folder = FOLDER): Promise<string> {
  const promtool = await program('promtool');
  const tests = await readdir(join(folder, 'tests'));
  const said: string[] = [];
  for (const words of [
    ['check', 'config', 'prometheus.yml'],
    ['test', 'rules', ...tests.map((file) => join('tests', file))],
  ]) {
    const { stdout } = await run(promtool, words, { cwd: folder }).catch((error: unknown) => {
      const { stdout: out, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`promtool ${words.join(' ')}:\n${out}${stderr}`);
    });
    said.push(stdout.trim());
  }
  return said.join('\n');
}

/** The names of the metrics that an expression asks for, whether there are such or not. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replace(/"[^"]*"|\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, ' ');
  return [...bare.matchAll(/(?<![\w:])([a-z_:][\w:]*)(?![\w:]|\s*\()/gi)]
    .map(([, name = '']) => name)
    .filter((name) => !OPERATORS.has(name));
}

const OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'bool']);

export interface Exported {
  readonly type: string;
  readonly labels: ReadonlySet<string>;
}

/** By name, as declared: a histogram is one metric here. */
export function readMetrics(text: string): Map<string, Exported> {
  const labels = labelsIn(text);
  return new Map(
    [...text.matchAll(/^# TYPE (?<name>\S+) (?<type>\S+)$/gm)].map(({ groups }) => {
      const { name = '', type = '' } = groups ?? {};
      const seen = ['', '_bucket', '_sum', '_count'].flatMap((end) => labels.get(name + end) ?? []);
      return [name, { type, labels: new Set(seen) }];
    }),
  );
}

/** Of each series, without the bucket's own. */
function labelsIn(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { groups } of text.matchAll(/^(?<name>[a-z_:][\w:]*)\{(?<labels>.*)\} \S+$/gm)) {
    const { name = '', labels = '' } = groups ?? {};
    const names = [...labels.matchAll(/([a-z_]\w*)="/g)].map(([, label = '']) => label);
    found.set(name, [...(found.get(name) ?? []), ...names.filter((label) => label !== 'le')]);
  }
  return found;
}

export interface Rule {
  readonly type: 'alerting' | 'recording';
  readonly name: string;
  readonly query: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The repository's rules as Prometheus itself has read them. */
export async function rulesOf({ url }: { readonly url: string }): Promise<readonly Rule[]> {
  const answer = await fetch(`${url}/api/v1/rules`);
  const { data } = (await answer.json()) as {
    data: { groups: readonly { rules: readonly Rule[] }[] };
  };
  return data.groups.flatMap(({ rules }) => rules);
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

/** Scrapes these targets and evaluates the repository's rules each second. */
export async function startPrometheus(
  directory: string,
  targets: Readonly<Record<string, string>>,
) {
  const port = await freePort();
  const rules = await readdir(join(FOLDER, 'rules'));
  const jobs = Object.entries(targets).map(([job_name, target]) => ({
    job_name,
    static_configs: [{ targets: [target] }],
  }));
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: rules.map((file) => join(FOLDER, 'rules', file)),
    scrape_configs: jobs,
  };
  const file = join(directory, 'prometheus.yml');
  await writeFile(file, JSON.stringify(config));
  const logFile = join(directory, 'prometheus.log');
  const url = `http://127.0.0.1:${port}`;
  const running = runTethered({
    command: await program('prometheus'),
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(directory, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    env: process.env,
    cwd: directory,
    logFile,
    stop: [{ signal: 'SIGTERM', withinMs: 5_000 }],
  });
  const ready = async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok === true;
  await untilReady({ name: 'Prometheus', running, logFile, ready });
  return {
    url,
    stop: () => running.stop(),
    async firing(name: string): Promise<Alert | undefined> {
      const answer = await fetch(`${url}/api/v1/alerts`);
      const { data } = (await answer.json()) as { data: { alerts: readonly Alert[] } };
      return data.alerts.find(
        ({ labels, state }) => labels['alertname'] === name && state === 'firing',
      );
    },
  };
}
