export function mentionsOfFailpoints(paths: readonly string[]): string[];
