/** The names of the web search services, in a file of their own: the table of options loads them at every start. */

/** What --search takes; search-backends.ts has a row for each. */
export const SEARCH_NAMES = ['tavily', 'brave', 'bocha', 'searxng', 'zai', 'kimi', 'dashscope', 'deepseek'] as const;

/** One of them. */
export type SearchName = (typeof SEARCH_NAMES)[number];
