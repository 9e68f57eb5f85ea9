/**
 * Answers Codex's standalone web search: runs its commands in order and renders the results as text for the model, or
 * forwards the request to a service that does.
 */
import type { Clock } from '../base/clock';
import { isRecord } from '../base/json';
import { renderCount } from '../base/quantities';
import { messageOf } from '../base/thrown';
import { BridgeError } from '../errors/bridge-error';
import type { SearchAccess, SearchBackend, SearchHit, SearchQuery } from '../providers/search-backends';
import { fetchPage, type FetchPageOptions } from './fetch-page';
import { askBackend } from './ask-backend';
import { limitText, renderHits, renderMatches, renderPage, renderTime } from './render-output';
import { MAX_COMMANDS, readSearchBody, type SearchBody, type SearchCommand } from './read-commands';
import { readPage, type ReadablePage } from './readable-page';
import { SearchMemory, type ThreadReferences } from './references';

/** The service that answers searches. */
export interface SearchTarget {
  readonly backend: SearchBackend;
  readonly access: Omit<SearchAccess, 'model'>;
  /** Passed to fetch as `dispatcher`; absent if Node's default applies. */
  readonly dispatcher?: object | undefined;
  /** Finds the provider's name for the requested model; needed only by backends that are models themselves. */
  readonly findModel: (requested: string | undefined) => Promise<string>;
}

export interface SearchOptions {
  /** Called for each request. @throws BridgeError if no service is configured */
  readonly findTarget: () => SearchTarget;
  readonly clock: Clock;
  /** See `FetchPageOptions`. */
  readonly mayConnect?: FetchPageOptions['mayConnect'];
}

/** Takes the body of POST /alpha/search and the client's abort signal; returns the response body. */
export type AnswerSearch = (body: unknown, abort: AbortSignal) => Promise<object>;

/** The state shared by the commands of one request. */
interface Run {
  readonly body: SearchBody;
  readonly references: ThreadReferences;
  readonly request: number;
  readonly target: SearchTarget;
  readonly options: SearchOptions;
  readonly abort: AbortSignal;
  /** The numbers of results and opened pages so far, which the next references contain. */
  results: number;
  views: number;
}

/**
 * @returns a function that does not reject if a command fails: the result text reports the failure to the model. It
 * rejects with BridgeError for a body that cannot be read or has no valid command (`invalid_request`), if no service is
 * configured, and if a service to which the whole request is forwarded fails.
 */
export function createAnswerSearch(options: SearchOptions): AnswerSearch {
  const memory = new SearchMemory(options.clock);
  return async (given, abort) => {
    const target = options.findTarget();
    if (!isRecord(given)) throw new BridgeError('invalid_request', 'Cannot read the search: expected a JSON object.');
    const body = readSearchBody(given);
    if (target.backend.forwards) {
      const request = target.backend.request(NO_QUERY, { ...target.access, model: '' });
      return askBackend({ request, body: given, dispatcher: target.dispatcher }, abort);
    }
    if (body.commands.length === 0) {
      const message = 'Cannot search: "commands" has no valid command.';
      throw new BridgeError('invalid_request', message, { param: 'commands' });
    }
    const references = memory.open(body.thread);
    const run: Run = { body, references, request: memory.nextRequest(), target, options, abort, results: 0, views: 0 };
    const parts: string[] = [];
    for (const command of body.commands.slice(0, MAX_COMMANDS)) parts.push(await runCommand(command, run));
    const dropped = body.commands.length - MAX_COMMANDS;
    if (dropped > 0) parts.push(`Not run: ${renderCount(dropped, 'command')} after the first ${MAX_COMMANDS}.`);
    return { output: limitText(parts.join('\n\n'), body.maxOutputTokens) };
  };
}

const NO_QUERY: SearchQuery = { text: '', days: undefined, domains: [], count: 0 };

async function runCommand(command: SearchCommand, run: Run): Promise<string> {
  try {
    switch (command.type) {
      case 'search':
        return await search(command, run);
      case 'open':
        return await open(command.reference, command.line, run);
      case 'click':
        return await click(command.reference, command.link, run);
      case 'find':
        return renderMatches(await loadPage(resolve(command.reference, run), run), command.pattern);
      case 'time':
        return renderTime(command.offset, run.options.clock());
      case 'unavailable':
        return `The command ${command.name} is not available here. Use search_query, open, click, find or time.`;
      default:
        return command satisfies never;
    }
  } catch (cause) {
    return messageOf(cause);
  }
}

async function search(command: Extract<SearchCommand, { type: 'search' }>, run: Run): Promise<string> {
  const { backend, access, dispatcher, findModel } = run.target;
  const query = { text: command.text, days: command.days, domains: command.domains, count: run.body.count };
  let hits: readonly SearchHit[];
  try {
    const request = backend.request(query, { ...access, model: await findModel(run.body.model) });
    const answer = await askBackend({ request, body: undefined, dispatcher }, run.abort);
    hits = backend.read(answer).slice(0, query.count);
  } catch (cause) {
    return `The search for "${command.text}" failed. ${messageOf(cause)}`;
  }
  const namedHits = hits.map((hit) => {
    if (hit.url === undefined) return { hit, reference: undefined };
    const reference = run.references.add('search', run.request, run.results, hit.url);
    run.results += 1;
    return { hit, reference };
  });
  return renderHits(command.text, namedHits);
}

async function open(reference: string, line: number, run: Run): Promise<string> {
  const page = await loadPage(resolve(reference, run), run);
  return renderPage(page, addView(page, run), line, run.body.maxOutputTokens);
}

async function click(reference: string, link: number, run: Run): Promise<string> {
  const page = await loadPage(resolve(reference, run), run);
  const target = page.links[link];
  if (!target) return `${page.url} has no link ${link}.`;
  return open(target.url, 1, run);
}

function resolve(reference: string, { references }: Run): string {
  const url = references.findUrl(reference);
  if (url !== undefined) return url;
  throw new Error(`Unknown reference ${reference.slice(0, 100)}. Search again, or open the URL itself.`);
}

async function loadPage(url: string, run: Run): Promise<ReadablePage> {
  const known = run.references.findPage(url);
  if (known) return known;
  const { mayConnect } = run.options;
  const fetched = await fetchPage(url, { abort: run.abort, ...(mayConnect && { mayConnect }) });
  const page = readPage(fetched.url, fetched.type, fetched.text);
  run.references.keepPage(url, page);
  return page;
}

function addView(page: ReadablePage, run: Run): string {
  const reference = run.references.add('view', run.request, run.views, page.url);
  run.views += 1;
  run.references.keepPage(page.url, page);
  return reference;
}
