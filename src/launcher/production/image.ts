/**
 * The Dockerfile without an engine: what the last stage copies, laid out in a folder of its own, so
 * that production code runs from what the image would have and a file that is not copied is missed;
 * and what it sets for whatever runs there.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { Complaint } from '../complaint.ts';

export interface Image {
  /** Where it puts itself, like /app. */
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** What the engine asks it by whether it is healthy. */
  readonly probe: readonly string[];
  readonly copies: readonly { readonly from: string; readonly to: string }[];
  /** Commands of the last stage, for a shell. */
  readonly runs: readonly string[];
}

export function readImage(dockerfile: string): Image {
  const lines = instructions(readFileSync(dockerfile, 'utf8'));
  const stage = lines.slice(lines.findLastIndex(([word]) => word === 'FROM') + 1);
  const all = (wanted: string) => stage.filter(([word]) => word === wanted).map(([, rest]) => rest);
  const one = (wanted: string): string => all(wanted).at(-1) ?? '';
  const unknown = stage.find(([word]) => !KNOWN.has(word));
  if (unknown) throw new Complaint(`Dockerfile: the production stack does not know ${unknown[0]}`);
  const home = one('WORKDIR');
  return {
    home,
    environment: Object.fromEntries(
      all('ENV').flatMap((rest) => rest.split(/\s+/).map((pair) => splitAt(pair, '='))),
    ),
    command: words(one('CMD')),
    probe: words(one('HEALTHCHECK').replace(/^.*?CMD /, '')),
    copies: all('COPY').map((rest) => copyOf(rest, home)),
    runs: all('RUN'),
  };
}

// USER and EXPOSE have no meaning without an engine.
const KNOWN = new Set(['WORKDIR', 'ENV', 'COPY', 'RUN', 'USER', 'EXPOSE', 'HEALTHCHECK', 'CMD']);

function instructions(text: string): readonly (readonly [string, string])[] {
  return text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => splitAt(line, ' '));
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1).trim()];
}

function words(json: string): string[] {
  return z.array(z.string()).parse(JSON.parse(json));
}

/** Earlier stages build in the same place: what they made there lies in the checkout here. */
function copyOf(rest: string, home: string): { from: string; to: string } {
  const [from = '', to = ''] = rest.split(/\s+/).filter((word) => !word.startsWith('--'));
  const inCheckout = from.startsWith(`${home}/`) ? from.slice(home.length + 1) : from;
  return { from: inCheckout, to: to === './' ? basename(from) : to };
}

/** Lays the image out from a checkout that has been built. */
export function layOut(image: Image, checkout: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  for (const { from, to } of image.copies) {
    const [source, target] = [join(checkout, from), join(folder, to)];
    mkdirSync(dirname(target), { recursive: true });
    // Not without the development packages, as in the image: `npm run boundaries` sees to those.
    if (to === 'node_modules') symlinkSync(source, target);
    else cpSync(source, target, { recursive: true });
  }
  for (const run of image.runs) execFileSync('/bin/sh', ['-euc', run], { cwd: folder });
}
