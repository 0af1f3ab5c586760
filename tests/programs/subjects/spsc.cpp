#include <boost/lockfree/spsc_queue.hpp>
#include <new>

extern "C" {
struct ring {
    boost::lockfree::spsc_queue<int, boost::lockfree::capacity<2>> queue;
};
void ring_init(ring *ring) { new (ring) struct ring; }
bool ring_push(ring *ring, int value) { return ring->queue.push(value); }
bool ring_pop(ring *ring, int *out) { return ring->queue.pop(*out); }
}
