/**
 * The checker checked: it passes a real run, fails that run spoilt in any of some hundred ways, by
 * the rule that is broken and at the order that it is broken for, and does not pass what it could
 * not read.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { check } from './check.ts';
import { Copy, type Row } from './copy.ts';
import { UNKNOWN } from './corruptions/corruption.ts';
import { DATABASE } from './corruptions/database.ts';
import { DELIVERIES } from './corruptions/deliveries.ts';
import { GATEWAY } from './corruptions/gateway.ts';
import { READS } from './corruptions/reads.ts';
import { OF_SHARES, inTwoParcels } from './corruptions/shares.ts';
import { OF_TELLING, tellAll } from './corruptions/told.ts';
import { OF_VOUCHERS } from './corruptions/vouchers.ts';
import { OF_WAITING } from './corruptions/waiting.ts';
import { RULES } from './table.ts';
import type { Verdict } from './verdict.ts';

const CORRUPTIONS = [
  ...[...GATEWAY, ...DELIVERIES, ...READS, ...DATABASE],
  ...[...OF_VOUCHERS, ...OF_WAITING, ...OF_TELLING, ...OF_SHARES],
];

describe('The checker', () => {
  let fixture: Copy;
  let directory: string;
  let copies = 0;
  before(async () => {
    fixture = await Copy.ofFixture();
    directory = await mkdtemp(join(tmpdir(), 'makegood-checker-'));
  });
  after(() => rm(directory, { recursive: true }));

  const spoilt = async (spoil: (copy: Copy) => unknown): Promise<string> => {
    const copy = fixture.again();
    spoil(copy);
    const folder = join(directory, String((copies += 1)));
    await copy.save(folder);
    return folder;
  };
  const verdictOn = async (spoil: (copy: Copy) => unknown): Promise<Verdict> =>
    check(await spoilt(spoil));

  it('passes a real run', async () => {
    const { verdict, findings, missing, counts } = await verdictOn(() => undefined);
    assert.deepEqual(
      { verdict, findings, missing },
      { verdict: 'passed', findings: [], missing: [] },
    );
    assert.equal(counts['orders'], 9);
  });

  describe('fails on', () => {
    for (const [what, invariant, order, spoil] of CORRUPTIONS) {
      it(`${what}: ${invariant}`, async () => {
        const { verdict, findings } = await verdictOn(spoil);
        assert.equal(verdict, 'failed');
        const found = findings.filter((finding) => finding.invariant === invariant);
        const told = JSON.stringify(findings, null, 2);
        assert.ok(found.length > 0, told);
        if (order === 'none') return;
        const id = order === 'unknown' ? UNKNOWN : fixture.again().id(order);
        assert.ok(
          found.some(({ orderId }) => orderId === id),
          told,
        );
      });
    }

    it('something by each rule of the table', () => {
      const seen = new Set(CORRUPTIONS.map(([, invariant]) => invariant));
      assert.deepEqual(
        RULES.map(([id]) => id).filter((id) => !seen.has(id)),
        [],
      );
    });
  });

  describe('does not know', () => {
    it('when any file is missing', async () => {
      const needed = fixture.files.filter((file) => file !== 'operators.jsonl' && !isUnread(file));
      for (const file of needed) {
        const { verdict, missing, findings } = await verdictOn((copy) => copy.lose(file));
        assert.equal(verdict, 'unknown', `${file}: ${JSON.stringify(findings)}`);
        assert.ok(missing.some((line) => line.includes(file.split('/')[0] ?? '')));
      }
    });

    it('when there are no logs', async () => {
      const { verdict } = await verdictOn((copy) => {
        for (const file of copy.files) if (file.startsWith('logs/')) copy.lose(file);
      });
      assert.equal(verdict, 'unknown');
    });

    it('when a file cannot be read to its end', async () => {
      for (const file of ['clients.jsonl', 'final/orders.jsonl', 'snapshots.jsonl', 'run.json']) {
        const cut = (copy: Copy) => copy.write(file, copy.text(file).slice(0, -20));
        assert.equal((await verdictOn(cut)).verdict, 'unknown', file);
      }
    });

    it('when a line of a book is not there', async () => {
      const { verdict, missing } = await verdictOn((copy) => {
        copy.rows('gateway.jsonl').splice(9, 1);
      });
      assert.equal(verdict, 'unknown');
      assert.match(missing.join(), /gateway.jsonl: seq 10 is not there/);
    });

    it('when an order, or a refund, was not read in the end', async () => {
      const unread = await verdictOn((copy) => {
        copy.remove('final/orders.jsonl', copy.final('completed'));
      });
      assert.equal(unread.verdict, 'unknown', JSON.stringify(unread.findings));
      const failing = await verdictOn((copy) => {
        const final: Row = copy.final('completed');
        final['status'] = 503;
      });
      assert.equal(failing.verdict, 'unknown', JSON.stringify(failing.findings));
      const noRefund = await verdictOn((copy) => {
        const final: Row = copy.final('given back');
        final['refunds'] = [];
      });
      assert.match(noRefund.missing.join(), /its refund rfd_\w+ was not read at the end/);
      assert.notEqual(noRefund.verdict, 'passed');
    });

    it('but has failed what it does know', async () => {
      const { verdict, findings } = await verdictOn((copy) => {
        copy.lose('carrier.jsonl');
        copy.repeat('gateway.jsonl', copy.effect('gateway.jsonl', 'completed', 'captured'));
      });
      assert.equal(verdict, 'failed');
      assert.ok(findings.every(({ invariant }) => !/^H|^O7|^O10/.test(invariant)));
    });
  });

  it('takes a torn last line, and effects that nothing closes, for never written', async () => {
    const { verdict, missing } = await verdictOn((copy) => {
      const captured = copy.effect('gateway.jsonl', 'completed', 'captured');
      const seq = copy.rows('gateway.jsonl').length + 1;
      const effect = JSON.stringify({ ...captured, seq });
      copy.write('gateway.jsonl', `${copy.text('gateway.jsonl')}${effect}\n{"seq":${seq + 1},"ki`);
    });
    assert.deepEqual([verdict, missing], ['passed', []]);
  });

  it('passes whatever the order in which rows were dumped', async () => {
    const files = fixture.files.filter((file) => file.endsWith('.jsonl'));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.infiniteStream(fc.nat()),
        async (file, draws) => {
          const { verdict, findings } = await verdictOn((copy) => shuffle(copy.rows(file), draws));
          assert.equal(verdict, 'passed', `${file}: ${JSON.stringify(findings)}`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('passes a run whose gateway tells, and whose tenant is told; and one shipped in two parcels', async () => {
    for (const change of [tellAll, inTwoParcels]) {
      const { verdict, findings, missing } = await verdictOn(change);
      assert.deepEqual([verdict, findings, missing], ['passed', [], []]);
    }
  });

  it('does not know of webhooks that no receiver has written down', async () => {
    const { verdict, missing } = await verdictOn((copy) => {
      tellAll(copy);
      copy.lose('webhooks.jsonl');
      copy.lose('gateway-events.jsonl');
    });
    assert.equal(verdict, 'unknown');
    assert.match(missing.join(), /gateway-events.jsonl: ENOENT.*webhooks.jsonl: ENOENT/);
  });

  it('passes a run that an operator has terminated while it ended', async () => {
    const { verdict, findings } = await verdictOn((copy) => {
      const workflowId = copy.id('completed');
      copy.row('runs.jsonl', { workflowId })['status'] = 'TERMINATED';
      const run = JSON.parse(copy.text('run.json')) as Row;
      const deeds = [{ deed: 'terminate', workflowId }];
      copy.write('run.json', JSON.stringify({ ...run, deeds }));
    });
    assert.deepEqual([verdict, findings], ['passed', []]);
  });

  it('passes with one more tenant’s whole order in all the books', async () => {
    const { verdict, findings, counts } = await verdictOn(addOther);
    assert.deepEqual({ verdict, findings }, { verdict: 'passed', findings: [] });
    assert.equal(counts['orders'], 10);
  });

  it('says so as a command, by words and exit code', async () => {
    const capturedTwice = (copy: Copy) =>
      copy.repeat('gateway.jsonl', copy.effect('gateway.jsonl', 'completed', 'captured'));
    const run = async (folder: string) => {
      const command = ['--import', 'tsx', 'test/faults/checker/main.ts', folder];
      return await promisify(execFile)(process.execPath, command).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (error: unknown) => error as { code: number; stdout: string },
      );
    };
    const [passed, failed, unknown] = [
      await run(await spoilt(() => undefined)),
      await run(await spoilt(capturedTwice)),
      await run(await spoilt((copy) => copy.lose('carrier.jsonl'))),
    ];
    assert.deepEqual([passed.code, failed.code, unknown.code], [0, 1, 2]);
    assert.match(passed.stdout, /verdict: passed/);
    assert.match(
      failed.stdout,
      new RegExp(`M1 ${fixture.again().id('completed')}: captured 2 times`),
    );
    assert.match(unknown.stdout, /missing: carrier.jsonl: ENOENT/);
  });
});

/** What no rule asks for by name is only looked through for canaries. */
function isUnread(file: string): boolean {
  const [, table] = /^database\/(\w+)\.jsonl$/.exec(file) ?? [];
  const asked =
    /^(order|stock|reservation|payment_entry|refund|parked_step|operator_action|order_event)$/;
  return (table !== undefined && !asked.test(table)) || file.startsWith('logs/');
}

function shuffle(rows: Row[], draws: Iterable<number>): void {
  const keyed = rows.map((row) => ({ row, key: 0 }));
  const source = draws[Symbol.iterator]();
  for (const one of keyed) one.key = Number(source.next().value);
  keyed.sort((a, b) => a.key - b.key);
  rows.splice(0, rows.length, ...keyed.map(({ row }) => row));
}

/** The completed order once more, under other names, bought by a new tenant from a shelf of its own. */
function addOther(copy: Copy): void {
  const id = copy.id('completed');
  const renamed = (row: Row): Row => {
    const text = JSON.stringify(row)
      .replaceAll(id, UNKNOWN)
      .replaceAll('ten_test', 'ten_third')
      .replaceAll('BOWL', 'VASE')
      .replaceAll(/(evt|pi)_(\w+)/g, '$1_third$2');
    return {
      ...(JSON.parse(text) as Row),
      ...('call' in row && { call: Number(row['call']) + 10_000 }),
    };
  };
  const run = JSON.parse(copy.text('run.json')) as { stock: Row };
  copy.write('run.json', JSON.stringify({ ...run, stock: { ...run.stock, VASE: 5 } }));
  for (const row of copy.rows('snapshots.jsonl')) {
    (row['stock'] as Row[]).push({ sku: 'VASE', available: 4, reserved: 0, sold: 1 });
  }
  const files = copy.files.filter((file) => file.endsWith('.jsonl') && file !== 'snapshots.jsonl');
  for (const file of files) {
    const rows = copy.rows(file);
    const calls = rows.filter((row) => JSON.stringify(row).includes(id)).map(({ call }) => call);
    const mine = rows.filter(
      (row) => JSON.stringify(row).includes(id) || ('call' in row && calls.includes(row['call'])),
    );
    const base = rows.length;
    rows.push(
      ...mine.map(renamed).map((row, n) => ('seq' in row ? { ...row, seq: base + n + 1 } : row)),
    );
  }
  copy.rows('database/stock.jsonl').push({ sku: 'VASE', available: 4, reserved: 0, sold: 1 });
}
