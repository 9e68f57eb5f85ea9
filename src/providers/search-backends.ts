/**
 * Lists the services that can answer a web search. The evidence is marked as in docs/facts/upstreams.md: [D]
 * documented by the service, [S] found in the source of a client. None has been tried against the live service.
 */
import { asArray, asText, isRecord } from '../base/json';
import type { SearchName } from './search-names';

/** One search. `domains` is empty for the whole web; `days` is the maximum age of a page. */
export interface SearchQuery {
  readonly text: string;
  readonly days: number | undefined;
  readonly domains: readonly string[];
  readonly count: number;
}

/** One result. A service that answers in prose returns one hit without a URL. */
export interface SearchHit {
  readonly title: string;
  readonly url: string | undefined;
  readonly excerpt: string;
  readonly date: string | undefined;
}

/** The address, key and model for a search; some services use those of the bridge's own provider. */
export interface SearchAccess {
  /** The address of the service: --search-url, else the row's, else the provider's base URL. */
  readonly url: string;
  readonly key: string | undefined;
  /** The id of the client's model at its provider; empty if the request is forwarded. */
  readonly model: string;
}

/** An HTTP request; without a body it is a GET. */
export interface SearchRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
}

export interface SearchBackend {
  readonly title: string;
  /** The service's address; undefined if it comes from --search-url, or from AI_API_BASE for `usesProvider`. */
  readonly url?: string;
  /** Environment variables for its key, in addition to BRIDGE_SEARCH_KEY. */
  readonly keyVariables: readonly string[];
  /** The service uses the provider's own base URL and key, unless others are configured. */
  readonly usesProvider?: true;
  readonly needsKey: boolean;
  /** The service accepts Codex's request unchanged and answers in Codex's format. */
  readonly forwards?: true;
  request(query: SearchQuery, access: SearchAccess): SearchRequest;
  /** Reads the results from a response. Never throws; missing fields are omitted. */
  read(answer: unknown): readonly SearchHit[];
}

const bearer = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };

/** Returns the shortest named period that covers `days`, at most a year: some services do not accept a number. */
function choosePeriod<T extends string>(
  days: number | undefined, [day, week, month, year]: readonly [T, T, T, T],
): T | undefined {
  if (days === undefined) return undefined;
  if (days <= 1) return day;
  if (days <= 7) return week;
  return days <= 31 ? month : year;
}

/** For services without a domain filter: the search engines behind them support `site:`. */
const withSites = ({ text, domains }: SearchQuery): string =>
  domains.length === 0 ? text : `${text} (${domains.map((domain) => `site:${domain}`).join(' OR ')})`;

type Fields = { readonly [K in keyof SearchHit]: readonly string[] };

/** Reads a list of results by the first of each field's names that is present. Drops results without a URL. */
function readHits(list: unknown, fields: Fields): readonly SearchHit[] {
  return (asArray(list) ?? []).flatMap((entry) => {
    if (!isRecord(entry)) return [];
    const find = (names: readonly string[]): string | undefined =>
      names.map((name) => asText(entry[name])).find((value) => value !== undefined);
    const url = find(fields.url);
    if (url === undefined) return [];
    return [{ title: find(fields.title) ?? url, url, excerpt: find(fields.excerpt) ?? '', date: find(fields.date) }];
  });
}

const valueAt = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), value);

/** The services, by their name in --search. */
export const SEARCH_BACKENDS: Readonly<Record<SearchName, SearchBackend>> = {
  // [D] docs.tavily.com/documentation/api-reference/endpoint/search
  tavily: {
    title: 'Tavily',
    url: 'https://api.tavily.com/search',
    keyVariables: ['TAVILY_API_KEY'],
    needsKey: true,
    request: ({ text, days, domains, count }, { url, key }) => ({
      url,
      headers: bearer(key),
      body: {
        query: text,
        max_results: count,
        ...(domains.length > 0 && { include_domains: domains }),
        ...(days !== undefined && { time_range: choosePeriod(days, ['day', 'week', 'month', 'year']) }),
      },
    }),
    read: (answer) =>
      readHits(valueAt(answer, 'results'), {
        title: ['title'],
        url: ['url'],
        excerpt: ['content'],
        date: ['published_date'],
      }),
  },
  // [D] api-dashboard.search.brave.com, Web Search API: at most 20 results; freshness pd, pw, pm, py
  brave: {
    title: 'Brave Search',
    url: 'https://api.search.brave.com/res/v1/web/search',
    keyVariables: ['BRAVE_API_KEY', 'BRAVE_SEARCH_API_KEY'],
    needsKey: true,
    request: (query, { url, key }) => ({
      url: withParameters(url, {
        q: withSites(query),
        count: String(query.count),
        text_decorations: 'false',
        freshness: choosePeriod(query.days, ['pd', 'pw', 'pm', 'py']),
      }),
      headers: { accept: 'application/json', ...(key !== undefined && { 'x-subscription-token': key }) },
    }),
    read: (answer) =>
      readHits(valueAt(answer, 'web', 'results'), {
        title: ['title'],
        url: ['url'],
        excerpt: ['description'],
        date: ['page_age', 'age'],
      }),
  },
  // [D] open.bochaai.com, Web Search API
  bocha: {
    title: 'Bocha',
    url: 'https://api.bochaai.com/v1/web-search',
    keyVariables: ['BOCHA_API_KEY'],
    needsKey: true,
    request: ({ text, days, domains, count }, { url, key }) => ({
      url,
      headers: bearer(key),
      body: {
        query: text,
        count,
        summary: true,
        freshness: choosePeriod(days, ['oneDay', 'oneWeek', 'oneMonth', 'oneYear']) ?? 'noLimit',
        ...(domains.length > 0 && { include: domains.join('|') }),
      },
    }),
    read: (answer) =>
      readHits(valueAt(answer, 'data', 'webPages', 'value'), {
        title: ['name'],
        url: ['url'],
        excerpt: ['summary', 'snippet'],
        date: ['datePublished', 'dateLastCrawled'],
      }),
  },
  // [D] docs.searxng.org/dev/search_api: JSON must be enabled in settings.yml, otherwise 403; it has no period of
  // one week
  searxng: {
    title: 'SearXNG',
    keyVariables: [],
    needsKey: false,
    request: (query, { url }) => ({
      url: withParameters(/\/search\/?$/.test(url) ? url : `${url.replace(/\/+$/, '')}/search`, {
        q: withSites(query),
        format: 'json',
        time_range: choosePeriod(query.days, ['day', 'month', 'month', 'year']),
      }),
      headers: { accept: 'application/json' },
    }),
    read: (answer) =>
      readHits(valueAt(answer, 'results'), {
        title: ['title'],
        url: ['url'],
        excerpt: ['content'],
        date: ['publishedDate'],
      }),
  },
  // [D] docs.z.ai/api-reference/tools/web-search
  zai: {
    title: 'Z.ai web search',
    url: 'https://api.z.ai/api/paas/v4/web_search',
    keyVariables: ['ZAI_API_KEY'],
    usesProvider: true,
    needsKey: true,
    request: ({ text, days, domains, count }, { url, key }) => ({
      url,
      headers: bearer(key),
      body: {
        search_engine: 'search-prime',
        search_query: text,
        count,
        // The field is a string, so only one domain fits.
        ...(domains[0] !== undefined && { search_domain_filter: domains[0] }),
        ...(days !== undefined && {
          search_recency_filter: choosePeriod(days, ['oneDay', 'oneWeek', 'oneMonth', 'oneYear']),
        }),
      },
    }),
    read: (answer) =>
      readHits(valueAt(answer, 'search_result'), {
        title: ['title'],
        url: ['link'],
        excerpt: ['content'],
        date: ['publish_date'],
      }),
  },
  // [S] kimi-cli, tools/web/search.py: the service is part of the Kimi Code plan
  kimi: {
    title: 'Kimi search',
    url: 'https://api.kimi.com/coding/v1/search',
    keyVariables: ['KIMI_API_KEY'],
    usesProvider: true,
    needsKey: true,
    request: (query, { url, key }) => ({
      url,
      headers: bearer(key),
      body: { text_query: withSites(query), limit: query.count, enable_page_crawling: false, timeout_seconds: 30 },
    }),
    read: (answer) =>
      readHits(valueAt(answer, 'search_results'), {
        title: ['title'],
        url: ['url'],
        excerpt: ['snippet', 'content'],
        date: ['date'],
      }),
  },
  // [D] docs/facts/upstreams.md, section 2, enable_search: one small chat call; compatible mode returns no sources
  dashscope: {
    title: 'DashScope enable_search',
    keyVariables: ['DASHSCOPE_API_KEY'],
    usesProvider: true,
    needsKey: true,
    request: (query, { url, key, model }) => ({
      url: `${url.replace(/\/+$/, '')}/chat/completions`,
      headers: bearer(key),
      body: {
        model,
        messages: [
          {
            role: 'user',
            content: `Search the web and report what you find, with source addresses: ${withSites(query)}`,
          },
        ],
        enable_search: true,
        search_options: { forced_search: true },
        enable_thinking: false,
        stream: false,
      },
    }),
    read: readProse,
  },
  // docs/facts/codex-protocol.md, section 12: DeepSeek serves Codex's own endpoint
  deepseek: {
    title: 'DeepSeek alpha/search',
    url: 'https://api.deepseek.com/alpha/search',
    keyVariables: ['DEEPSEEK_API_KEY'],
    usesProvider: true,
    needsKey: true,
    forwards: true,
    request: (_query, { url, key }) => ({ url, headers: bearer(key) }),
    read: () => [],
  },
};

function withParameters(url: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const result = new URL(url);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) result.searchParams.set(name, value);
  return result.href;
}

/** Reads the text of a chat completion, and the sources if a proxy in front of the service adds them. */
function readProse(answer: unknown): readonly SearchHit[] {
  const sources = readHits(valueAt(answer, 'search_info', 'search_results'), {
    title: ['title'], url: ['url'], excerpt: ['snippet'], date: ['date'],
  });
  const text = asText(valueAt(asArray(valueAt(answer, 'choices'))?.[0], 'message', 'content'));
  return [
    ...(text === undefined ? [] : [{ title: 'Answer', url: undefined, excerpt: text, date: undefined }]),
    ...sources,
  ];
}
