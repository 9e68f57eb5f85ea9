/** Lists the web search services, in a separate file because the options table loads their names at every start. */

/** The values of --search; search-backends.ts has a row for each. */
export const SEARCH_NAMES = ['tavily', 'brave', 'bocha', 'searxng', 'zai', 'kimi', 'dashscope', 'deepseek'] as const;

/** The name of a web search service. */
export type SearchName = (typeof SEARCH_NAMES)[number];
