# Every statement of statements.txt is proven by a test that was executed, on each of our runtimes,
# and STATEMENTS.md says by which.
find_package(Python3 COMPONENTS Interpreter)
if(NOT Python3_FOUND OR NOT TARGET plan_main_test OR NOT task_kinds)
  # The statement about deadlocks is proven by plan_main_test.
  message(STATUS "statements are not checked: that needs Python, lockstep::plan and fibers")
  return()
endif()

set(statements ${CMAKE_COMMAND} -E env LOCKSTEP_ROUNDS=300
  ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/statements.py)
list(TRANSFORM proving REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE programs)
list(TRANSFORM typed_programs REPLACE "(.+)" "$<TARGET_FILE:\\1> --tasks=fibers:4"
  OUTPUT_VARIABLE on_fibers)
set(ours --runtimes threads any fibers sim --programs ${programs} ${on_fibers})
add_test(NAME statements COMMAND ${statements} --check ${ours})

# Makes the table anew: cmake --build --preset dev --target statements
add_custom_target(statements COMMAND ${statements} --write ${ours} DEPENDS ${proving} VERBATIM)

# The check itself can fail: it names what is wrong in the fixture, and nothing else.
add_executable(statements_fixture statements_fixture/program.cpp)
target_link_libraries(statements_fixture PRIVATE GTest::gtest_main lockstep_own_code)
target_compile_features(statements_fixture PRIVATE cxx_std_20)
add_test(NAME statements_that_are_not_proven COMMAND ${statements} --check
  --folder ${CMAKE_CURRENT_SOURCE_DIR}/statements_fixture
  --readme ${CMAKE_CURRENT_SOURCE_DIR}/statements_fixture/readme.md
  --runtimes one two --programs $<TARGET_FILE:statements_fixture>)
set_tests_properties(statements_that_are_not_proven PROPERTIES PASS_REGULAR_EXPRESSION
  "^proof.that_fails failed on one
proof.that_fails failed on two
FAIL-1 is proven by no test on one, two
HALF-1 is proven by no test on two
NONE-1 is unknown, but named by plain_proof.of_all
SKIP-1 is proven by no test on one, two
STATEMENTS.md is stale: make it anew with --write
readme.md names plain_suite.gone, which was not executed
$")
