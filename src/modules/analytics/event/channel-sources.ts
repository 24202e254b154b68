/** Sites that send visitors, by what they are: bare names as they stand in `utm_source`, and domains with all below them. */
export interface SourceList {
  readonly names: ReadonlySet<string>;
  readonly domains: ReadonlySet<string>;
}

function list(names: string, domains: string): SourceList {
  return { names: new Set(names.split(' ')), domains: new Set(domains.split(' ')) };
}

/** Google is not in the domains: it has one in every country, see `channelOf`. */
export const searchSources = list(
  'google bing duckduckgo ddg yahoo baidu yandex ecosia brave startpage perplexity qwant kagi',
  'bing.com duckduckgo.com yahoo.com yahoo.co.jp baidu.com yandex.com yandex.ru ecosia.org search.brave.com startpage.com perplexity.ai qwant.com kagi.com',
);

export const socialSources = list(
  'facebook fb instagram ig twitter x linkedin tiktok pinterest reddit threads bluesky bsky hackernews hn whatsapp telegram mastodon',
  'facebook.com fb.com fb.me messenger.com instagram.com twitter.com x.com t.co linkedin.com lnkd.in tiktok.com pinterest.com pin.it reddit.com redd.it threads.net bsky.app news.ycombinator.com mastodon.social whatsapp.com telegram.org t.me',
);

export const videoSources = list(
  'youtube yt vimeo twitch dailymotion',
  'youtube.com youtu.be vimeo.com twitch.tv dailymotion.com',
);
