/* fault/places.h: requests for memory told apart by the calls that led to them. */
#ifndef TESTS_FAULT_PLACES_H
#define TESTS_FAULT_PLACES_H

void places_forget(void);
void places_note(long nth); /* the nth request is made now; one thread at a time */

#endif
