/** Creates and resolves the references in a thread: `turn7search1` is a search result, `turn9view0` an opened page. */
import type { Clock } from '../base/clock';
import { remember } from '../base/remember';
import type { ReadablePage } from './readable-page';

/** Maximum numbers of threads, and of references and pages per thread; the oldest is evicted first. */
const MAX_THREADS = 100;
const MAX_REFERENCES = 500;
const MAX_PAGES = 8;

/** The references and recent pages of one thread. */
export class ThreadReferences {
  private readonly urls = new Map<string, string>();
  private readonly pages = new Map<string, ReadablePage>();

  /**
   * @param request the number of the request
   * @param index position among the request's references of this kind
   * @returns the reference with which `url` can be opened later
   */
  add(kind: 'search' | 'view', request: number, index: number, url: string): string {
    const reference = `turn${request}${kind}${index}`;
    remember(this.urls, reference, url, MAX_REFERENCES);
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
    remember(this.pages, url, page, MAX_PAGES);
  }
}

/** The references of all threads of one bridge. */
export class SearchMemory {
  private readonly threads = new Map<string, ThreadReferences>();
  private requests: number;

  /**
   * Numbers requests from the current second, so that a conversation gets no reference twice, even if its thread is
   * evicted or the bridge restarts. The numbers repeat after 11 days.
   */
  constructor(clock: Clock) {
    this.requests = Math.floor(clock() / 1_000) % 1_000_000;
  }

  /** Returns the number of a new request, which is part of its references. */
  nextRequest(): number {
    this.requests += 1;
    return this.requests;
  }

  /** Returns the references of `thread`, creating them for a new thread. */
  open(thread: string): ThreadReferences {
    const references = this.threads.get(thread) ?? new ThreadReferences();
    remember(this.threads, thread, references, MAX_THREADS);
    return references;
  }
}
