# cmake -D PROGRAM=… [-D ARGUMENT=…] -D SOURCE=… -P compare_output.cmake
#
# Runs the program and compares what it prints with the last comment of its source.
file(READ ${SOURCE} text)
string(REGEX MATCH "\n// (Output|Unordered output):((\n//[^\n]*)*)\n$" _ "${text}")
set(kind "${CMAKE_MATCH_1}")
string(REGEX REPLACE "\n// ?" "\n" expected "${CMAKE_MATCH_2}")

execute_process(COMMAND ${PROGRAM} ${ARGUMENT} OUTPUT_VARIABLE actual RESULT_VARIABLE result)
if(result)
  message("${actual}")
  message(FATAL_ERROR "${PROGRAM} failed: ${result}")
endif()

foreach(side IN ITEMS expected actual)
  string(STRIP "${${side}}" ${side})
  if(kind STREQUAL "Unordered output")
    string(REGEX REPLACE "[][;]" "_" lines "${${side}}")  # they mean something in CMake's lists
    string(REPLACE "\n" ";" lines "${lines}")
    list(SORT lines)
    list(JOIN lines "\n" ${side})
  endif()
endforeach()
if(NOT actual STREQUAL expected)
  message("--- expected:\n${expected}\n--- actual:\n${actual}\n---")
  message(FATAL_ERROR "${SOURCE} does not print what its last comment says")
endif()
