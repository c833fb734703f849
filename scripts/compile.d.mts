export function compile(directory: string, words?: readonly string[]): void;
