/** Where requests go when nobody says otherwise: the Chat Completions endpoint of Alibaba Cloud Coding Plan. */

/** Base URL, without a trailing slash (upstreams.md, Coding Plan; the default of the earlier bridge). */
export const DEFAULT_BASE_URL = 'https://coding.dashscope.aliyuncs.com/v1';
