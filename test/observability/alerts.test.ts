/** The alerts as files: valid, tried by promtool, and each with its runbook. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prometheusProgram } from '../../src/launcher/prometheus.ts';
import { checkAlerts, FOLDER, rulesOf, startPrometheus } from '../support/prometheus.ts';
import type { Rule } from '../support/prometheus.ts';

describe('The alerts', function () {
  // The first run of a machine downloads Debian's package.
  this.timeout(120_000);
  let alerts: readonly Rule[];
  before(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'makegood-prometheus-'));
    const prometheus = await startPrometheus(directory, {});
    try {
      alerts = (await rulesOf(prometheus)).filter(({ type }) => type === 'alerting');
    } finally {
      await prometheus.stop();
      await rm(directory, { recursive: true });
    }
  });

  it('are valid, fire when they should, and do not when they should not', async () => {
    assert.match(await checkAlerts(), /SUCCESS/);
  });

  it('are each tried: once where it fires with its runbook, once where it does not', async () => {
    const files = await readdir(join(FOLDER, 'tests'));
    const texts = files.map((file) => readFile(join(FOLDER, 'tests', file), 'utf8'));
    const tests = (await Promise.all(texts)).join('\n');
    for (const { name: alert, annotations } of alerts) {
      assert.ok(tests.includes(`runbook_url: ${annotations['runbook_url'] ?? ''}\n`), alert);
      // One that is for some series and not for others says so by firing once.
      const times = tests.split(`alertname: ${alert}\n`).length - 1;
      assert.ok(times >= 2 || alert === 'AnswersUnknown', `${alert} is tried ${times} times`);
    }
  });

  it('fail the check where one does not do what its test says', async () => {
    const broken = await mkdtemp(join(tmpdir(), 'makegood-alerts-'));
    try {
      await cp(FOLDER, broken, { recursive: true });
      const file = join(broken, 'rules', 'makegood.yml');
      const rules = await readFile(file, 'utf8');
      await writeFile(
        file,
        rules.replace('(makegood_steps_parked) > 0', '(makegood_steps_parked) > 5'),
      );
      await assert.rejects(checkAlerts(broken), /alertname: OrderParked/);
      await writeFile(
        file,
        rules.replace('(makegood_steps_parked) > 0', '(makegood_steps_parked > 0'),
      );
      await assert.rejects(checkAlerts(broken), /FAILED/);
    } finally {
      await rm(broken, { recursive: true });
    }
  });

  it('have a runbook each, and there is none without an alert', async () => {
    const pages = await readdir('docs/runbooks');
    const wanted = alerts.map(({ name: alert, labels, annotations }) => {
      assert.match(labels['severity'] ?? '', /^(page|ticket)$/, alert);
      assert.ok(annotations['summary'], alert);
      return annotations['runbook_url'];
    });
    assert.deepEqual(wanted.toSorted(), pages.map((page) => `docs/runbooks/${page}`).sort());
    for (const { name: alert, labels, annotations } of alerts) {
      const page = await readFile(annotations['runbook_url'] ?? '', 'utf8');
      const parts = [...page.matchAll(/^#.*|^Severity.*/gm)].map(([line]) => line);
      assert.deepEqual(parts, [
        `# ${alert}`,
        `Severity: ${labels['severity'] ?? ''}`,
        ...['What it means', 'How to see it', 'What to do', 'When to call somebody'].map(
          (part) => `## ${part}`,
        ),
      ]);
    }
  });

  it('cannot be checked without promtool, and the complaint says how to get it', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'makegood-cache-'));
    try {
      // Where there is no apt-get either.
      const asked = prometheusProgram('promtool', cache, { PATH: cache });
      await assert.rejects(asked, /install Debian's package prometheus.*PROMTOOL/);
    } finally {
      await rm(cache, { recursive: true });
    }
  });
});
