export interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
  readonly musl: boolean;
}
export function platformProblem(machine: Machine): string | undefined;
export function thisMachine(): Machine;
export function takeLock(file: string): { holder: number } | { abandoned: boolean };
export function isInstalled(root: string): boolean;
export function ensureInstalled(root: string, say: (line: string) => void): Promise<void>;
