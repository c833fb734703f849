/** What docker-compose.yml brings up beside the processes: its parts fit together. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const textOf = (file: string) => readFile(file, 'utf8');

const BOARDS = 'observability/grafana/dashboards';

interface Board {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly datasource?: { readonly uid: string };
  }[];
}

describe('The observability services of docker-compose.yml', () => {
  it('publish nothing beyond this machine, and mount what there is', async () => {
    const compose = await textOf('docker-compose.yml');
    const ports = [...compose.matchAll(/^ {6}- '?([\d.:]+)'?$/gm)].map(([, port]) => port);
    assert.ok(ports.includes('127.0.0.1:9090:9090') && ports.includes('127.0.0.1:3030:3000'));
    for (const port of ports) assert.match(port ?? '', /^127\.0\.0\.1:/);
    const mounts = [...compose.matchAll(/^ {6}- \.\/(observability\S*?):/gm)];
    assert.equal(mounts.length, 3);
    for (const [, folder = ''] of mounts) assert.ok(existsSync(folder), folder);
  });

  it('scrape the ports at which API and worker tell their metrics there', async () => {
    const [compose, scraped, image] = await Promise.all(
      ['docker-compose.yml', 'observability/prometheus/prometheus.yml', 'Dockerfile'].map(textOf),
    );
    assert.match(compose ?? '', /WORKER_METRICS_ADDRESS: 0\.0\.0\.0:9464/);
    assert.match(image ?? '', /OPERATIONS_PORT \|\| 3001/);
    assert.match(scraped ?? '', /job_name: makegood-api\n[^-]+- names: \[api\]\n[^-]+port: 3001\n/);
    assert.match(
      scraped ?? '',
      /job_name: makegood-worker\n[^-]+- names: \[worker\]\n[^-]+port: 9464\n/,
    );
  });

  it('have dashboards that ask the one source of data that is provisioned', async () => {
    const source = await textOf('observability/grafana/provisioning/datasources/prometheus.yml');
    const [, uid] = /uid: (\w+)/.exec(source) ?? [];
    const files = await readdir(BOARDS);
    assert.deepEqual(files.sort(), ['engine.json', 'orders.json']);
    for (const file of files) {
      const board = JSON.parse(await textOf(join(BOARDS, file))) as Board;
      const ids = board.panels.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
      for (const { type, title, datasource } of board.panels) {
        assert.ok(title);
        if (type !== 'row') assert.equal(datasource?.uid, uid);
      }
    }
  });
});
