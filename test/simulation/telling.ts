/** A story in words: what was to happen, and then, line by line, what did. */
import { tell } from './tell.ts';
import type { Act, Story } from './story.ts';
import type { Happened } from './wire.ts';

export async function inWords(story: Story): Promise<string> {
  const lines: string[] = [];
  const { violations } = await tell(story, {
    onCall: (happened) => lines.push(callInWords(happened)),
    onAct: (act, at) => lines.push(`${time(at)}        ${act.kind}${amountOf(act)}`),
  });
  return [...plot(story), 'What happened:', ...lines, ...violations.map((v) => `=> ${v}`)].join(
    '\n',
  );
}

function plot({ orders, faults, acts, ...rest }: Story): string[] {
  return [
    `The story: ${JSON.stringify(rest)}`,
    ...orders.map((order, at) => `  order ${at}: ${JSON.stringify(order)}`),
    ...faults.map(
      ({ call, kind, seconds, times }) =>
        `  call ${call}: ${kind} (${seconds} s${times > 1 ? `, ${times} times` : ''})`,
    ),
    ...acts.map((act) => `  call ${act.call}: ${act.kind}${amountOf(act)} (order ${act.order})`),
  ];
}

function callInWords({ call, number, at, fault }: Happened): string {
  const { party, name, about } = call;
  const whose = about === '' ? '' : ` ${about.slice(0, 4)}${about.slice(-3)}`;
  const trouble = fault === undefined ? '' : ` ... ${fault}`;
  return `${time(at)} ${String(number).padStart(5)}  ${party} ${name}${whose}${trouble}`;
}

function amountOf({ amount }: Act): string {
  return ` [${amount}]`;
}

function time(ms: number): string {
  return `${(ms / 1_000).toFixed(3).padStart(9)} s`;
}
