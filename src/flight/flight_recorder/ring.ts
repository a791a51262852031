/**
 * A lock-free ring buffer for one producer and one consumer on any two threads. A full ring evicts
 * its oldest records and reports their number at their place.
 *
 * @module
 */
export { RingConsumer, type RingVisitor } from "./ring_consumer.ts";
export { createRing, type RingGeometry, type RingOptions } from "./ring_layout.ts";
export { RingProducer } from "./ring_producer.ts";
