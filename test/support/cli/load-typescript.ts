/** Arguments of Node with which a child process loads TypeScript as this one does: compiled, or through tsx. */
export const LOAD_TYPESCRIPT = process.execArgv.filter((word) => !word.startsWith('--test-'));
