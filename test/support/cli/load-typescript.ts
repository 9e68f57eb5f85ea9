/** Node arguments with which a child process loads TypeScript like this process: compiled, or through tsx. */
export const LOAD_TYPESCRIPT = process.execArgv.filter((word) => !word.startsWith('--test-'));
