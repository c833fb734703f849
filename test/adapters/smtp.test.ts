/**
 * The mailer against the mail stand-in, over SMTP. What it has in common with every mailer is in
 * test/contract/mailer.test.ts.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';
import type { Mailer } from '../../src/activities/ports.ts';
import { createMailer } from '../../src/adapters/smtp/index.ts';
import type { ReceivedMail } from '../../src/counterparties/mail/received-mail.ts';
import { startMailSink, type MailSink } from '../../src/counterparties/mail/sink.ts';
import { portOf } from '../../src/counterparties/server.ts';
import { messageId } from '../../src/domain/keys.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { Unavailable } from '../../src/domain/wrong.ts';
import { clearFaults, faultReport, setFaults, temporaryDirectory } from '../support/stand-ins.ts';

const call = { timeoutMs: 5_000 };

describe('the mailer', () => {
  const path = temporaryDirectory();
  let sink: MailSink;
  let mailer: Mailer;
  let orders = 0;
  let order: OrderId;
  before(async () => {
    sink = await startMailSink({ bookFile: path('mail') });
    mailer = createMailer({ url: sink.smtpUrl, from: 'makegood <orders@makegood.example>' });
  });
  beforeEach(() => {
    order = `ord_ml${String((orders += 1))}`;
  });
  afterEach(() => clearFaults(sink.url));
  after(() => sink.close());

  const send = (timeoutMs = call.timeoutMs, name = 'Ada Lovelace') =>
    mailer.send(
      {
        messageId: messageId(order, 'completed'),
        to: { name, address: 'ada@example.com' },
        subject: 'Your order is on its way',
        text: 'Thank you.\n\n2 × mug',
      },
      { timeoutMs },
    );
  const received = async () =>
    (await (await fetch(`${sink.url}/mails?orderId=${order}`)).json()) as ReceivedMail[];

  it('lets no name smuggle in another recipient', async () => {
    await send(call.timeoutMs, 'Ada" <eve@example.com>\r\nBcc: eve@example.com');
    assert.deepEqual(
      (await received()).map(({ to }) => to),
      ['ada@example.com'],
    );
  });

  for (const [fault, patience, arrived] of [
    ['decline', call.timeoutMs, 0],
    ['fail-before', call.timeoutMs, 0],
    ['fail-after-effect', call.timeoutMs, 1],
    ['hang', 400, 0],
  ] as const) {
    it(`is unavailable on ${fault}, and gets through the next time`, async () => {
      await setFaults(sink.url, { send: { fault, times: 1, orderId: order } });
      await assert.rejects(send(patience), Unavailable);
      assert.equal((await received()).length, arrived);
      assert.equal((await faultReport(sink.url)).faults['send']?.[0]?.hits, 1);
      await send();
      assert.equal((await received()).length, arrived + 1);
    });
  }

  it('sends many at once over a few connections', async () => {
    await Promise.all(Array.from({ length: 50 }, () => send()));
    assert.equal((await received()).length, 50);
  });

  it("tells a refusal in the server's words", async () => {
    await setFaults(sink.url, { send: { fault: 'decline', times: 1 } });
    await assert.rejects(send(), /answered "550 5\.1\.1 <…>: mailbox unavailable"/);
  });

  it('tells no address, even if the server does', async () => {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      logger: false,
      onRcptTo({ address }, _session, done) {
        done(Object.assign(new Error(`5.1.1 <${address}> unknown`), { responseCode: 550 }));
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    const url = `smtp://127.0.0.1:${portOf(server.server)}`;
    mailer = createMailer({ url, from: 'orders@makegood.example' });
    await assert.rejects(send(), /answered "550 5\.1\.1 <…> unknown"/);
    server.close();
  });

  it('is unavailable when nobody listens, and tells no address', async () => {
    const closed = await startMailSink({ bookFile: path('closed') });
    await closed.close();
    mailer = createMailer({ url: closed.smtpUrl, from: 'orders@makegood.example' });
    await assert.rejects(send(), (error) => {
      assert.ok(error instanceof Unavailable);
      assert.ok(!error.message.includes('ada@example.com'));
      return true;
    });
  });
});
