/** The histories that are kept: one file for every path, in Temporal's own JSON. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const GOLDEN = fileURLToPath(new URL('.', import.meta.url));

export interface Golden {
  /** Of the path that it is of. */
  readonly workflowId: string;
  readonly text: string;
  readonly history: unknown;
}

export async function readGolden(): Promise<readonly Golden[]> {
  const files = (await readdir(GOLDEN)).filter((file) => file.endsWith('.json'));
  return await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(GOLDEN, file), 'utf8');
      return { workflowId: basename(file, '.json'), text, history: JSON.parse(text) as unknown };
    }),
  );
}

/** The text with what stands in its payloads, as somebody would read it. */
export function readable(text: string): string {
  return text.replace(/"data":"([^"]*)"/g, (_, data: string) =>
    Buffer.from(data, 'base64').toString('utf8'),
  );
}
