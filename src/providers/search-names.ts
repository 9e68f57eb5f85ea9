/** The web search services that --search takes; search-backends.ts has a row for each. Alone in a file: options load it. */
export const SEARCH_NAMES = ['tavily', 'brave', 'bocha', 'searxng', 'zai', 'kimi', 'dashscope', 'deepseek'] as const;

export type SearchName = (typeof SEARCH_NAMES)[number];
