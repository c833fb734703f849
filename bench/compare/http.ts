/** One HTTP exchange on kept connections, as cheap as Node has it: the load shares the machine. */
import { Agent, request } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';

interface Answer {
  readonly status: number;
  readonly body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

function exchange(
  url: string,
  { method = 'POST', headers = {}, body = '' }: Exchange = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = { 'Content-Length': Buffer.byteLength(body) };
    const asking = request(url, { method, agent, headers: { ...headers, ...length } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.once('error', reject);
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
    });
    asking.once('error', reject);
    asking.end(body);
  });
}

interface Exchange {
  readonly method?: 'GET' | 'POST';
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

/** Throws unless it was answered with success. */
export async function ask(url: string, options?: Exchange): Promise<string> {
  const { status, body } = await exchange(url, options);
  if (status < 200 || status > 299) throw new Error(`answered ${status}: ${body.slice(0, 200)}`);
  return body;
}

/** So that no connection is tried whose server is gone. */
export function forgetConnections(): void {
  agent.destroy();
}
