/** The mail server's stand-in: what came over SMTP can be read over HTTP. */
import assert from 'node:assert/strict';
import { createTransport } from 'nodemailer';
import type { ReceivedMail } from '../../src/counterparties/mail/received-mail.ts';
import { startMailSink, type MailSink } from '../../src/counterparties/mail/sink.ts';
import { eventually } from '../api/harness.ts';
import {
  clearFaults,
  effectsOf,
  faultReport,
  setFaults,
  temporaryDirectory,
} from '../support/stand-ins.ts';

describe('the mail stand-in', () => {
  const path = temporaryDirectory();
  let sink: MailSink;
  const start = () => startMailSink({ bookFile: path('mail') });

  before(async () => {
    sink = await start();
  });
  afterEach(() => clearFaults(sink.url));
  after(() => sink.close());

  async function send(orderId: string, to = 'ada@example.com', text = 'Thank you.'): Promise<void> {
    await createTransport(sink.smtpUrl).sendMail({
      messageId: `<${orderId}.completed@makegood>`,
      from: 'makegood <orders@makegood.example>',
      to: { name: 'Ada', address: to },
      subject: `Order ${orderId}: größer & <b>better</b>`,
      text,
    });
  }
  const mails = async (query = '') =>
    (await (await fetch(`${sink.url}/mails${query}`)).json()) as ReceivedMail[];

  it('keeps every mail, decoded', async () => {
    await send('ord_m1', 'ada@example.com', 'Grüße — 1 × mug');
    const [mail] = await mails('?orderId=ord_m1');
    assert.ok(mail !== undefined);
    const { receivedAt, text, ...rest } = mail;
    assert.ok(Date.parse(receivedAt) <= Date.now());
    assert.equal(text.trim(), 'Grüße — 1 × mug');
    assert.deepEqual(rest, {
      messageId: '<ord_m1.completed@makegood>',
      from: 'orders@makegood.example',
      to: 'ada@example.com',
      subject: 'Order ord_m1: größer & <b>better</b>',
    });
    assert.deepEqual(await effectsOf(sink.url, 'ord_m1'), ['received']);
  });

  it('finds mails by recipient and by order', async () => {
    await send('ord_m2', 'bob@example.com');
    await send('ord_m2', 'eve@example.com');
    const found = async (query: string) => (await mails(query)).map(({ to }) => to);
    assert.deepEqual(await found('?orderId=ord_m2'), ['bob@example.com', 'eve@example.com']);
    assert.deepEqual(await found('?to=eve@example.com'), ['eve@example.com']);
    assert.deepEqual(await found('?to=eve@example.com&orderId=ord_m1'), []);
  });

  it('shows them to a browser, escaped', async () => {
    await send('ord_m3', 'ada@example.com', '<script>alert(1)</script>');
    const response = await fetch(sink.url);
    assert.match(response.headers.get('content-type') ?? '', /^text\/html; charset=utf-8/i);
    const page = await response.text();
    assert.ok(page.includes('größer &amp; &lt;b&gt;better&lt;/b&gt;'));
    assert.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
    assert.ok(!page.includes('<script'));
  });

  for (const [fault, reply] of [
    ['decline', /^550 5\.1\.1 <ada@example\.com>: mailbox unavailable/],
    ['reject', /^550 5\.1\.1/],
    ['rate-limit', /^450 4\.2\.1/],
    ['unavailable', /^451 4\.3\.2/],
    ['error', /^554 5\.3\.0/],
  ] as const) {
    it(`answers ${fault} as mail servers do, and takes nothing`, async () => {
      const order = `ord_${fault.replaceAll('-', '')}`;
      await setFaults(sink.url, { send: { fault, orderId: order } });
      await assert.rejects(send(order), (error) => {
        assert.match((error as { response: string }).response, reply);
        return true;
      });
      assert.deepEqual(await effectsOf(sink.url, order), []);
    });
  }

  for (const [fault, taken] of [
    ['late-answer', ['received']],
    ['late-effect', []],
  ] as const) {
    it(`answers when it is too late with ${fault}`, async () => {
      const order = `ord_${fault.replaceAll('-', '')}`;
      await setFaults(sink.url, { send: { fault, orderId: order, delayMs: 300 } });
      const sent = send(order);
      await eventually(async () => (await faultReport(sink.url)).underWay === 1);
      assert.deepEqual(await effectsOf(sink.url, order), taken);
      await sent;
      assert.deepEqual(await effectsOf(sink.url, order), ['received']);
    });
  }

  it('has them again after a restart', async () => {
    const before = await mails();
    await sink.close();
    sink = await start();
    assert.deepEqual(await mails(), before);
  });
});
