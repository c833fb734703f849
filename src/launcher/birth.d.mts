export function nameOf(pid: number): string;
export function livingIn(file: string): number | undefined;
