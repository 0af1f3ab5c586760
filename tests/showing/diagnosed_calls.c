/* The flaws of diagnoses.c, as calls of a scenario. */
#define main alone
#include "diagnoses.c"
#undef main

struct nothing {
    int nothing;
};
void begin(struct nothing *state, int which);
void one(struct nothing *state, int which);
void another(struct nothing *state, int which);

void begin(struct nothing *state, int which) {
    (void)state;
    set_up(which);
}
void one(struct nothing *state, int which) {
    (void)state;
    left[which](NULL);
}
void another(struct nothing *state, int which) {
    (void)state;
    right[which](NULL);
}
