/** Resolves the references of a thread: `turn0search1` is a search result, `turn2view0` an opened page. */
import type { ReadablePage } from './readable-page';

/** Maximum number of threads, of references per thread, and of pages; the oldest is evicted first. */
const MAX_THREADS = 100;
const MAX_REFERENCES = 500;
const MAX_PAGES = 8;

/** The references of one thread. */
export class ThreadReferences {
  private requests = -1;
  private readonly urls = new Map<string, string>();
  private readonly pages = new Map<string, ReadablePage>();

  /** Starts the next request of this thread, whose references get the next number. */
  nextRequest(): void {
    this.requests += 1;
  }

  /** @returns the reference with which `url` can be opened later */
  add(kind: 'search' | 'view', index: number, url: string): string {
    const reference = `turn${this.requests}${kind}${index}`;
    put(this.urls, reference, url, MAX_REFERENCES);
    return reference;
  }

  /** Resolves a reference to an address; an address resolves to itself. Undefined for an unknown reference. */
  findUrl(reference: string): string | undefined {
    return /^https?:\/\//i.test(reference) ? reference : this.urls.get(reference);
  }

  /** Returns a page that was opened earlier in this thread. */
  findPage(url: string): ReadablePage | undefined {
    return this.pages.get(url);
  }

  keepPage(url: string, page: ReadablePage): void {
    put(this.pages, url, page, MAX_PAGES);
  }
}

/** The references of all threads of one bridge. */
export class SearchMemory {
  private readonly threads = new Map<string, ThreadReferences>();

  /** Returns the references of `thread`, creating them for a new thread. */
  open(thread: string): ThreadReferences {
    const references = this.threads.get(thread) ?? new ThreadReferences();
    put(this.threads, thread, references, MAX_THREADS);
    return references;
  }
}

/** Sets the newest entry and evicts the oldest one above `limit`. */
function put<V>(map: Map<string, V>, key: string, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > limit && oldest !== undefined) map.delete(oldest);
}
