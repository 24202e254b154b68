import { once } from 'node:events';
import { PassThrough } from 'node:stream';

/**
 * What a producer hands out, as something that a consumer pulls: the producer waits for the consumer. An error of the
 * producer is thrown to the consumer; a consumer that stops early ends the producer.
 */
export async function* pulled<Item>(
  produce: (take: (item: Item) => Promise<void>) => Promise<void>,
): AsyncGenerator<Item> {
  const between = new PassThrough({ objectMode: true, highWaterMark: 2 });
  const take = async (item: Item): Promise<void> => {
    if (between.destroyed) throw new Error('The consumer has stopped.');
    if (!between.write(item)) await Promise.race([once(between, 'drain'), once(between, 'close')]);
  };
  const produced = produce(take).then(
    () => between.end(),
    (error: unknown) => between.destroy(error as Error),
  );
  try {
    for await (const item of between) yield item as Item;
  } finally {
    between.destroy();
    await produced;
  }
}
